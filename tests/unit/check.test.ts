import { strict as assert } from "node:assert";
import { automaticName } from "../../provider/resources/builder/automaticName";
import { failuresOfBuilder } from "../../provider/resources/docker-container/check";
import { allOptions } from "../../provider/resources/docker-container/options/groups";
import { checkPrune } from "../../provider/resources/prune/check";
import { unknown } from "../../provider/args/unknown";
import { checkState } from "../../provider/resources/state/check";

const urn = "urn:pulumi:dev::project::pulumi-nodejs:dynamic/buildx:BuildxBuilder::My builder!";

const failures = (args: object) => failuresOfBuilder({ name: "ci", ...args });

/** Arguments, the property at which they fail, and what the sentence says. */
const bad: [object, string, RegExp][] = [
    [{ name: "4you" }, "name", /"4you" is not a valid builder name: must start with a letter/],
    [{ name: "a b" }, "name", /"a b" is not a valid builder name/],
    [{ name: "" }, "name", /"" is not a valid builder name/],
    [{ name: "Default" }, "name", /"default" is not a valid builder name: buildx reserves it/],
    [{ name: 4 }, "name", /4 is not a valid builder name/],
    [{ state: { builderName: "default" } }, "state.builderName", /buildx reserves it/],
    [{ endpoint: " " }, "endpoint", /name of a docker context or a host URL/],
    [{ driverOpts: { memory: "512x" } }, "driverOpts.memory", /"512x" is not a valid size: .*"512m"/],
    [{ driverOpts: { memory: "-1" } }, "driverOpts.memory", /"-1" is not a valid size/],
    [{ driverOpts: { memory: "1m" } }, "driverOpts.memory", /less than 6m/],
    [{ driverOpts: { memory: 512 } }, "driverOpts.memory", /512 is not a valid size/],
    [{ driverOpts: { memory: "1g", memorySwap: "512m" } }, "driverOpts.memorySwap", /"512m" is less than memory, "1g"/],
    [
        { driverOpts: { memorySwap: "512m" } },
        "driverOpts.memorySwap",
        /requires memory, because memorySwap is the sum of memory and swap/,
    ],
    [{ driverOpts: { memorySwap: "lots" } }, "driverOpts.memorySwap", /"lots" is not a valid size.*"-1" for no limit/],
    [
        { driverOpts: { cpuQuota: -1 } },
        "driverOpts.cpuQuota",
        /-1 is not a valid CPU quota: must be a whole number of microseconds, 1000 or more/,
    ],
    [
        { driverOpts: { cpuQuota: 1000.5 } },
        "driverOpts.cpuQuota",
        /1000.5 is not a valid CPU quota: must be a whole number/,
    ],
    [{ driverOpts: { cpuQuota: 10 } }, "driverOpts.cpuQuota", /1000 or more/],
    [{ driverOpts: { cpuPeriod: 2_000_000 } }, "driverOpts.cpuPeriod", /from 1000 to 1000000/],
    [
        { driverOpts: { cpuShares: -5 } },
        "driverOpts.cpuShares",
        /-5 is not a valid number of CPU shares: must be a whole number/,
    ],
    [
        { driverOpts: { cpuShares: "many" } },
        "driverOpts.cpuShares",
        /"many" is not a valid number of CPU shares: must be a whole number/,
    ],
    [{ driverOpts: { cpusetCpus: "0-" } }, "driverOpts.cpusetCpus", /"0-" is not a valid list of processors/],
    [{ driverOpts: { cpusetCpus: "3-1" } }, "driverOpts.cpusetCpus", /"3-1" is not a valid list of processors/],
    [{ driverOpts: { cpusetMems: "a" } }, "driverOpts.cpusetMems", /"a" is not a valid list of memory nodes/],
    [
        { driverOpts: { defaultLoad: "yes" } },
        "driverOpts.defaultLoad",
        /"yes" is not a valid boolean: must be true or false/,
    ],
    [{ driverOpts: { network: "" } }, "driverOpts.network", /"" is not a valid network name/],
    [{ extraHosts: { registry: "10.0.0.300" } }, "extraHosts.registry", /"10.0.0.300" is not a valid address/],
    [
        { extraHosts: { "a.example": "b.example" } },
        'extraHosts["a.example"]',
        /is not a valid address of a host.*"host-gateway"/,
    ],
    [{ extraHosts: { "a:b": "10.0.0.7" } }, 'extraHosts["a:b"]', /"a:b" is not a valid host name/],
    [
        { extraHosts: "a:10.0.0.7" },
        "extraHosts",
        /must be an object of addresses by host name, for example { host: "10.0.0.7" }/,
    ],
    [
        { dns: { nameservers: ["resolver.example"] } },
        "dns.nameservers[0]",
        /"resolver.example" is not a valid name server/,
    ],
    [{ dns: { nameservers: "10.0.0.2" } }, "dns.nameservers", /must be a list of addresses/],
    [{ dns: { searchDomains: ["corp.example", "a b"] } }, "dns.searchDomains[1]", /"a b" is not a valid domain/],
    [{ dns: { options: [""] } }, "dns.options[0]", /"" is not a valid resolver option/],
    [{ dns: { servers: [] } }, "dns", /servers.*nameservers/],
    [
        { driverOpts: { network: "container:x" }, dns: {} },
        "dns",
        /not supported with network "container:x": set it on container "x" instead/,
    ],
    [{ driverOpts: { cgroupParent: "a b" } }, "driverOpts.cgroupParent", /"a b" is not a valid cgroup path/],
    [
        { driverOpts: { provenanceAddGha: 0 } },
        "driverOpts.provenanceAddGha",
        /0 is not a valid boolean: must be true or false/,
    ],
    [
        { driverOpts: { allowUntrustedImage: "no" } },
        "driverOpts.allowUntrustedImage",
        /"no" is not a valid boolean: must be true or false/,
    ],
    [
        { driverOpts: { restartPolicy: "sometimes" } },
        "driverOpts.restartPolicy",
        /"sometimes" is not a valid restart policy/,
    ],
    [
        { driverOpts: { restartPolicy: "always:3" } },
        "driverOpts.restartPolicy",
        /"always:3" is not a valid restart policy/,
    ],
    [{ driverOpts: { env: { "": "x" } } }, "driverOpts.env", /the name of a variable must not be empty/],
    [{ driverOpts: { env: { "A=B": "x" } } }, "driverOpts.env", /must not contain "="/],
    [{ driverOpts: { env: { A: 1 } } }, "driverOpts.env.A", /must be a string/],
    [{ driverOpts: { env: "A=1" } }, "driverOpts.env", /must be an object, for example { NAME: "value" }/],
    [{ driverOpts: { image: "Moby/BuildKit" } }, "driverOpts.image", /"Moby\/BuildKit" is not a valid image name/],
    [{ driverOpts: { image: "a:b:c" } }, "driverOpts.image", /is not a valid image name/],
    [{ driverOpts: { memroy: "1g" } }, "driverOpts", /"memroy" is not a valid option .*did you mean memory\?/],
    [{ driverOpts: { "cpu-quota": 1000 } }, "driverOpts", /"cpu-quota" is not a valid option .*write cpuQuota instead/],
    [{ driverOpts: { qemu: true } }, "driverOpts", /"qemu" is not a valid option .*must be one of image, memory/],
    [
        { gc: { maxUsedSpace: "much" } },
        "gc.maxUsedSpace",
        /"much" is not a valid size: must be a number of bytes, .*"20GB" or "10%"/,
    ],
    [
        { gc: { keepDuration: "soon" } },
        "gc.keepDuration",
        /"soon" is not a valid duration: must be a number of seconds or .*"48h" or "7d"/,
    ],
    [
        { gc: [{ maxUsedSpace: 5 }, { maxUsedSpac: 1 }] },
        "gc[1]",
        /"maxUsedSpac" is not a valid key: did you mean maxUsedSpace\?/,
    ],
    [{ gc: [{}] }, "gc[0]", /a rule without bounds would remove everything/],
    [{ gc: [] }, "gc", /must have at least one rule/],
    [{ gc: { filters: "x" } }, "gc.filters", /must be a list of filters/],
    [
        { gc: { all: true }, buildkitdConfig: "[worker.oci]\ngc = false" },
        "gc",
        /conflicts with the garbage collection in buildkitdConfig .*remove one of them/,
    ],
    [{ platforms: ["linux/amd65"] }, "platforms[0]", /"amd65" is not a known architecture/],
    [{ platforms: ["linux/amd64", "a/b/c/d"] }, "platforms[1]", /"a\/b\/c\/d" is not a valid platform/],
    [{ platforms: "linux/amd64" }, "platforms", /must be a list of platforms/],
    [{ buildkitdFlags: "--debug" }, "buildkitdFlags", /must be a list of arguments/],
    [{ buildkitdFlags: [""] }, "buildkitdFlags[0]", /is not a valid argument of buildkitd/],
    [{ pull: "never" }, "pull", /"never" is not a valid pull policy: must be "missing" or "always"/],
    [{ bootTimeout: 0 }, "bootTimeout", /0 is not a valid number of seconds: must be a number, 1 or more/],
    [{ drainTimeout: -1 }, "drainTimeout", /-1 is not a valid number of seconds: must be a number, 0 or more/],
    [{ drainTimeout: "10m" }, "drainTimeout", /"10m" is not a valid number of seconds/],
    [{ labels: { a: 1 } }, "labels.a", /1 is not a valid label value: must be a string/],
    [{ labels: { "io.github.pulumi-buildx.x": "1" } }, 'labels["io.github.pulumi-buildx.x"]', /is not a valid label/],
    [{ nodez: [] }, "nodez", /"nodez" is not a valid argument/],
];

describe("checking a builder's arguments", () => {
    for (const [name] of allOptions) {
        it(`has a case of an illegal value of the driver option ${name}`, () => {
            const isOf = ([, property]: (typeof bad)[number]) => new RegExp(`^driverOpts\\.${name}\\b`).test(property);
            assert.ok(bad.some(isOf), `${name} has none: add one to the list in tests/unit/check.test.ts`);
        });
    }

    for (const [args, property, reason] of bad) {
        it(`refuses ${JSON.stringify(args)}`, async () => {
            const found = await failures(args);
            assert.deepEqual(
                found.map((failure) => failure.property),
                [property],
            );
            assert.match(found[0]?.reason ?? "", reason);
        });
    }

    it("tells of all that is wrong at once", async () => {
        assert.equal(
            (await failures({ name: "default", driverOpts: { memory: "x", cpuShares: -1 }, pull: "no" })).length,
            4,
        );
    });

    it("does not repeat the value of a variable, which may be a secret", async () => {
        assert.ok(!JSON.stringify(await failures({ driverOpts: { env: { TOKEN: ["hush"] } } })).includes("hush"));
    });

    it("takes every option as the driver takes it", async () => {
        const driverOpts = {
            image: "registry.example:5000/a/b:tag@sha256:713b02a8175a50404b1a6db300ae7cc901fb88e7b8a2e9071159228e038d2183",
            memory: "1.5g",
            memorySwap: "-1",
            cpuQuota: 0,
            cpuPeriod: 100_000,
            cpuShares: 2,
            cpusetCpus: "0-3,7",
            cpusetMems: "0",
            defaultLoad: true,
            network: "container:other",
            cgroupParent: "/my/parent",
            restartPolicy: "on-failure:3",
            env: { HTTP_PROXY: "http://user:pass@proxy:3128", EMPTY: "" },
            provenanceAddGha: false,
            allowUntrustedImage: true,
        };
        for (const [name] of allOptions)
            assert.ok(name in driverOpts, `${name} is missing: add a legal value to the test`);
        assert.deepEqual(
            await failures({ driverOpts, platforms: ["arm64", "linux/arm/v7"], pull: "always", drainTimeout: 0 }),
            [],
        );
    });

    it("takes what is not known yet, at any depth", async () => {
        for (const args of [
            { name: unknown },
            { state: unknown },
            { state: { builderName: unknown, node: unknown, volumeName: unknown } },
            { driverOpts: unknown },
            { driverOpts: { memory: unknown, memorySwap: "1g", env: unknown, cpuQuota: unknown } },
            { driverOpts: { memory: "1g", memorySwap: unknown, env: { A: unknown } } },
            { platforms: unknown, buildkitdFlags: unknown, labels: unknown },
            { platforms: [unknown], buildkitdFlags: ["--debug", unknown], labels: { a: unknown } },
            { use: unknown, keepState: unknown, pull: unknown, bootTimeout: unknown, drainTimeout: unknown },
        ]) {
            assert.deepEqual(await failures(args), [], JSON.stringify(args));
        }
    });
});

describe("the name of a builder that was given none", () => {
    it("is the logical name, as far as it is legal, with seven hex digits", async () => {
        assert.match(automaticName(urn), /^my-builder--[0-9a-f]{7}$/);
    });

    it("is another one each time, but for a volume that is to be found again", async () => {
        assert.notEqual(automaticName(urn), automaticName(urn));
        assert.equal(automaticName(urn, { isFixed: true }), automaticName(urn, { isFixed: true }));
    });
});

describe("checking a state's arguments", () => {
    const stateFailures = async (args: object) =>
        (await checkState({ builderName: "ci", ...args }, undefined)).failures;

    it("refuses illegal names and what is no text", async () => {
        for (const [args, property] of [
            [{ builderName: "default" }, "builderName"],
            [{ node: "0" }, "node"],
            [{ volumeDriverOpts: { size: 5 } }, "volumeDriverOpts.size"],
            [{ labels: "a=b" }, "labels"],
            [{ volumeDriverOptions: {} }, "volumeDriverOptions"],
        ] as const) {
            assert.deepEqual(
                (await stateFailures(args)).map((failure) => failure.property),
                [property],
            );
        }
    });

    it("takes what is not known yet", async () => {
        assert.deepEqual(await stateFailures({ builderName: unknown, volumeDriverOpts: { device: unknown } }), []);
    });
});

describe("checking the arguments of a prune", () => {
    const told = async (args: object) =>
        (await checkPrune({ ...args } as never)).failures.map(({ property, reason }) => `${property}: ${reason}`);

    it("refuses shares of the disk, what is no bound, and no builder", async () => {
        assert.deepEqual(await told({ builderName: "ci", maxUsedSpace: "10%" }), [
            'maxUsedSpace: a percentage is valid only in gc: must be a number of bytes or a size, for example "20GB"',
        ]);
        assert.deepEqual(await told({ keepDuration: "7 days" }), [
            "builderName: required: the name of the builder to prune",
            'keepDuration: "7 days" is not a valid duration: must be a number of seconds or a number with a unit, for example "48h" or "7d"',
        ]);
        assert.match((await told({ builderName: "ci", maxUsedSpac: 1 }))[0] ?? "", /did you mean maxUsedSpace\?/);
    });

    it("takes what is not known yet, and triggers of any kind", async () => {
        assert.deepEqual(
            await told({ builderName: unknown, triggers: [unknown, 1, { a: [] }], keepDuration: "7d" }),
            [],
        );
        assert.deepEqual(await told({ builderName: "ci", triggers: unknown }), []);
    });
});
