/** Files and command lines that people have, each with what is said of it: nothing, a refusal or a warning. */
import { strict as assert } from "node:assert";
import { failuresOfBuilder, warningsOfBuilder } from "../../provider/resources/docker-container/check";
import { checkPrune } from "../../provider/resources/prune/check";
import { unknown } from "../../provider/args/unknown";
import { checkState } from "../../provider/resources/state/check";

const builder = (args: object) => ({ name: "ci", ...args });
const toml = (text: string) => ({ buildkitdConfig: text });
const config = (buildkitdConfig: object) => ({ buildkitdConfig });
const oci = (worker: object) => config({ worker: { oci: worker } });
const flags = (...buildkitdFlags: string[]) => ({ buildkitdFlags });
const memory = (size: unknown) => ({ driverOpts: { memory: size } });

const accepted: Record<string, object> = {
    "max-parallelism alone": toml("[worker.oci]\n  max-parallelism = 1\n"),
    "two gcpolicies of older names": toml(`
        [[worker.oci.gcpolicy]]
          keepBytes = 10240000000
          keepDuration = 604800
          filters = ["type==source.local", "type==exec.cachemount", "type==source.git.checkout"]
        [[worker.oci.gcpolicy]]
          all = true
          keepBytes = "20GB"`),
    "an empty list of mirrors": toml('[registry."ghcr.io"]\nmirrors = []'),
    "bytes as text": { driverOpts: { memory: "4294967296", memorySwap: "4294967296" } },
    "sizes as go-units reads them": memory("512MiB"),
    "a fraction": memory(".5g"),
    "an exponent": memory("1e3m"),
    "a plus": memory("+512m"),
    "a space": memory("512 m"),
    "variables with commas": { driverOpts: { env: { NO_PROXY: "localhost,127.0.0.1" } } },
    "variables with JSON": { driverOpts: { env: { DOCKER_AUTH_CONFIG: '{\n  "auths": { "a.example": {} }\n}\n' } } },
    "a node's own name": { nodes: [{ name: "cuda" }] },
    "an image by tag and digest": {
        driverOpts: { image: `moby/buildkit:v0.32.2@sha256:${"0123456789abcdef".repeat(4)}` },
    },
    "a flag and its value": flags("--allow-insecure-entitlement", "security.insecure"),
    "a value with spaces": flags("--oci-worker-labels=note=two words", "--oci-worker-labels", "a=b c"),
    "a root in the volume": flags("--root", "/var/lib/buildkit/"),
    "a root below": config({ root: "/var/lib/buildkit/sub" }),
    "the own socket beside another": config({
        grpc: { address: ["tcp://0.0.0.0:1234", "unix:///run/buildkit/buildkitd.sock"] },
    }),
    "another socket that buildctl is told of": {
        ...flags("--addr=unix:///tmp/b.sock"),
        driverOpts: { env: { BUILDKIT_HOST: "unix:///tmp/b.sock" } },
    },
    "the own configuration file": { ...flags("--config", "/etc/buildkit/buildkitd.toml"), gc: { maxUsedSpace: "9GB" } },
    "a containerd of the image's own": config({ worker: { containerd: { enabled: true, address: "/run/c.sock" } } }),
    "no entitlements": config({ entitlements: [] }),
    "a table of a mirror": config({
        registry: { "docker.io": { mirrors: ["index.docker.io", "https://m/x"] }, "index.docker.io": {}, m: {} },
    }),
    "an address in brackets": config({ registry: { "[fd00::1]:5000": { http: true } } }),
    "no time limit": config({ system: { sessionAuthTimeout: -1 } }),
    "flags to come": { buildkitdFlags: ["--addr", unknown], gc: { maxUsedSpace: "9GB" } },
    "flags to come, all of them": { buildkitdFlags: unknown, buildkitdConfig: unknown, gc: unknown, nodes: unknown },
    "parts to come": config({ root: unknown, grpc: unknown, registry: { "a.example": { mirrors: [unknown] } } }),
};

/** With the property and what is said of it. */
const refused: [string, object, string, RegExp][] = [
    ["Kubernetes' unit", memory("512Mi"), "driverOpts.memory", /"512Mi" is not a valid size: .* Did you mean "512m"\?/],
    ["words", memory("512 MByte"), "driverOpts.memory", /Did you mean "512m"\?/],
    ["a comma", memory("1,5g"), "driverOpts.memory", /Did you mean "1.5g"\?/],
    ["two points", memory("1.5.5g"), "driverOpts.memory", /"1.5.5g" is not a valid size: [^?]*$/],
    ["a space before", memory(" 512m"), "driverOpts.memory", /Did you mean "512m"\?/],
    ["wide digits", memory("５１２m"), "driverOpts.memory", /Did you mean "512m"\?/],
    [
        "a number",
        memory(536870912),
        "driverOpts.memory",
        /536870912 is not a valid size: .* Did you mean "536870912"\?/,
    ],
    ["hexadecimal", memory("0x10"), "driverOpts.memory", /is not a valid size/],
    ["swap", { driverOpts: { memory: "1g", memorySwap: "2Gi" } }, "driverOpts.memorySwap", /Did you mean "2g"\?/],
    ["gc", { gc: { maxUsedSpace: "20Gi" } }, "gc.maxUsedSpace", /"20Gi" is not a valid size: .* Did you mean "20GB"\?/],
    ["a list of gc", { gc: [{ reservedSpace: "1Ti" }] }, "gc[0].reservedSpace", /Did you mean "1TB"\?/],
    ["half a percent", { gc: { minFreeSpace: "10.5%" } }, "gc.minFreeSpace", /is not a valid size/],
    ["half a byte", { gc: { maxUsedSpace: 1.5 } }, "gc.maxUsedSpace", /1.5 is not a valid size/],
    ["half a second", { gc: { keepDuration: 1.5 } }, "gc.keepDuration", /1.5 is not a valid duration/],
    ["a broken duration", { gc: { keepDuration: "1.2.3h" } }, "gc.keepDuration", /is not a valid duration/],
    ["a thousand years", { gc: { keepDuration: "99999999h" } }, "gc.keepDuration", /is not a valid duration/],
    [
        "a policy",
        oci({ gcPolicy: [{ maxUsedSpace: "20Gi" }] }),
        "buildkitdConfig.worker.oci.gcPolicy[0].maxUsedSpace",
        /20GB/,
    ],
    [
        "keep storage",
        toml('[worker.oci]\ngckeepstorage = "20Gi"'),
        "buildkitdConfig",
        /worker.oci.gckeepstorage: .*"20GB"/,
    ],
    [
        "all flags in one",
        flags("--debug --allow-insecure-entitlement security.insecure"),
        "buildkitdFlags[0]",
        /each argument as a separate string: "--debug", "--allow-insecure-entitlement", "security.insecure"$/,
    ],
    ["a flag with its value", flags("--debug", "--root /x"), "buildkitdFlags[1]", /"--root", "\/x"$/],
    ["flags behind a value", flags("--log-level=warn --debug"), "buildkitdFlags[0]", /"--log-level=warn", "--debug"$/],
    [
        "gc and a flag",
        { ...flags("--oci-worker-gc=false"), gc: { all: true } },
        "gc",
        /--oci-worker-gc\): remove one of them/,
    ],
    [
        "gc and a bound",
        { ...flags("--oci-worker-gc-keepstorage", "9000"), gc: { all: true } },
        "gc",
        /--oci-worker-gc-keepstorage/,
    ],
    [
        "gc and an older flag",
        { ...flags("-containerd-worker-gc"), gc: { all: true } },
        "gc",
        /--containerd-worker-gc\): remove one of them/,
    ],
    ["a bound with a unit", flags("--oci-worker-gc-keepstorage=9GB"), "buildkitdFlags[0]", /number of megabytes/],
    [
        "gc and another file",
        { ...flags("--config=/x"), gc: { all: true } },
        "buildkitdFlags[0]",
        /conflicts with gc, which buildkitd does not read/,
    ],
    [
        "another file",
        { ...flags("--config", "/x"), ...toml("") },
        "buildkitdFlags[0]",
        /conflicts with buildkitdConfig, which buildkitd does not read/,
    ],
    ["a root elsewhere", toml('root = "/workspace/buildkit"'), "buildkitdConfig", /root: it is outside of the state/],
    ["a root nearby", config({ root: "/var/lib/buildkit2" }), "buildkitdConfig.root", /outside of the state volume/],
    ["a root by a flag", flags("--root", "/var/lib/buildkit/../x"), "buildkitdFlags[0]", /outside of the state volume/],
    ["a root by another spelling", flags("-root=/x"), "buildkitdFlags[0]", /outside of the state volume/],
    [
        "a node's root",
        { nodes: [{ endpoint: "unix:///a" }, flags("--root=/x")] },
        "nodes[1].buildkitdFlags[0]",
        /outside/,
    ],
    [
        "an address without the socket",
        config({ grpc: { address: ["tcp://0.0.0.0:1234"] } }),
        "buildkitdConfig.grpc.address",
        /connects to buildkitd only through unix:\/\/\/run\/buildkit\/buildkitd.sock,/,
    ],
    ["the same in text", toml("[grpc]\naddress = ['tcp://0.0.0.0:1234']"), "buildkitdConfig", /^grpc.address: buildx/],
    ["the same by a flag", flags("--addr", "tcp://0.0.0.0:1234"), "buildkitdFlags[0]", /never respond/],
    [
        "another socket for buildctl",
        { driverOpts: { env: { BUILDKIT_HOST: "unix:///tmp/b.sock" } } },
        "driverOpts.env.BUILDKIT_HOST",
        /only through unix:\/\/\/tmp\/b.sock,/,
    ],
    [
        "containerd",
        toml("[worker.containerd]\nenabled = true"),
        "buildkitdConfig",
        /worker.containerd.enabled: .*would not boot/,
    ],
    ["containerd by a flag", flags("--containerd-worker=true"), "buildkitdFlags[0]", /requires containerd/],
    ["no worker", oci({ enabled: false }), "buildkitdConfig.worker.oci.enabled", /without this worker/],
    [
        "a scheme",
        config({ registry: { "https://ghcr.io": {} } }),
        'buildkitdConfig.registry["https://ghcr.io"]',
        /write "ghcr.io"/,
    ],
    [
        "a path",
        config({ registry: { "ghcr.io/owner": {} } }),
        'buildkitdConfig.registry["ghcr.io/owner"]',
        /write "ghcr.io"/,
    ],
    ["a slash", toml('[registry."r.example:5000/"]'), "buildkitdConfig", /write "r.example:5000"/],
    ["another name", toml('[registry."index.docker.io"]'), "buildkitdConfig", /write "docker.io"/],
    [
        "a space",
        config({ registry: { "r.example ": {} } }),
        'buildkitdConfig.registry["r.example "]',
        /write "r.example"/,
    ],
    [
        "no mirror",
        config({ registry: { "docker.io": { mirrors: [""] } } }),
        'buildkitdConfig.registry["docker.io"].mirrors[0]',
        /no valid host/,
    ],
    [
        "daemon.json",
        toml('{ "registry-mirrors": ["https://m.example"] }'),
        "buildkitdConfig",
        /the text is the JSON of the engine's daemon.json/,
    ],
    ["JSON", toml('{ "debug": true }'), "buildkitdConfig", /the text is JSON, .*JSON.parse/],
    ["the engine's keys", config({ "insecure-registries": [] }), "buildkitdConfig.insecure-registries", /http: true/],
    [
        "a name of the past",
        oci({ gckeepBytes: 1 }),
        "buildkitdConfig.worker.oci.gckeepBytes",
        /did you mean gcKeepStorage\?/,
    ],
    ["the same in text", toml("[worker.oci]\ngckeepBytes = 1"), "buildkitdConfig", /did you mean gckeepstorage\?/],
    ["an option of a command line", { driverOpts: { "env.NO_PROXY": "x" } }, "driverOpts", /env: { "NO_PROXY": "…" }/],
    [
        "options of a command line",
        { driverOpts: "memory=1g" },
        "driverOpts",
        /must be an object, for example { memory: "512m" }/,
    ],
];

const warned: [string, object, RegExp][] = [
    [
        "bare megabytes",
        toml("[worker.oci]\ngckeepstorage = 40000"),
        /^buildkitdConfig: worker.oci.gckeepstorage: 40000 .*"40000MB"/,
    ],
    [
        "bare megabytes in an object",
        oci({ gcPolicy: [{ keepBytes: 512 }] }),
        /gcPolicy\[0\].keepBytes: 512 means bytes because it has no unit/,
    ],
    [
        "bare megabytes of gc",
        { gc: { maxUsedSpace: "20000" } },
        /^gc.maxUsedSpace: 20000 means bytes because it has no unit/,
    ],
    ["bare megabytes in a list", { gc: [{ maxUsedSpace: 20000 }] }, /^gc\[0\].maxUsedSpace: /],
    ["more than all", { gc: { maxUsedSpace: "150%" } }, /more than the whole disk/],
    [
        "a flag misspelled",
        flags("--debgu"),
        /^buildkitdFlags\[0\]: .* not support the flag --debgu: did you mean --debug\?/,
    ],
    ["a flag of later", flags("--something-new=1"), /not support the flag --something-new$/],
    ["a value of no flag", flags("--oci-worker-gc", "false"), /^buildkitdFlags\[1\]: "false" is neither a flag nor/],
    [
        "entitlements in one",
        flags("--allow-insecure-entitlement=network.host,security.insecure"),
        /a separate flag for each/,
    ],
    ["a list that is lost", config({ entitlements: ["security.insecure"] }), /entitlements: .*add "network.host" here/],
    [
        "a list that a flag overrules",
        { ...flags("--allow-insecure-entitlement=network.host"), ...config({ entitlements: ["security.insecure"] }) },
        /replaces the whole list, so security.insecure is not allowed: add a flag/,
    ],
    ["capitals", config({ registry: { "GHCR.io": {} } }), /only for images with exactly this host/],
    ["Docker Hub's address", config({ registry: { "registry-1.docker.io": {} } }), /, not for "docker.io"/],
    ["a bare name", config({ registry: { registry: {} } }), /a repository on docker.io/],
    [
        "a mirror by HTTP",
        config({ registry: { "docker.io": { mirrors: ["http://m:5000"] } } }),
        /connects to the mirror with HTTPS/,
    ],
];

describe("what people write", () => {
    for (const [what, args] of Object.entries(accepted)) {
        it(`is taken: ${what}`, async () => {
            assert.deepEqual(await failuresOfBuilder(builder(args)), []);
            assert.deepEqual(await warningsOfBuilder(builder(args)), []);
        });
    }

    for (const [what, args, property, reason] of refused) {
        it(`is refused: ${what}`, async () => {
            const found = await failuresOfBuilder(builder(args));
            assert.deepEqual(
                found.map((failure) => failure.property),
                [property],
                JSON.stringify(found),
            );
            assert.match(found[0]?.reason ?? "", reason);
        });
    }

    for (const [what, args, text] of warned) {
        it(`is taken with a warning: ${what}`, async () => {
            assert.deepEqual(await failuresOfBuilder(builder(args)), []);
            const warnings = await warningsOfBuilder(builder(args));
            assert.equal(warnings.length, 1, JSON.stringify(warnings));
            assert.match(warnings[0] ?? "", text);
        });
    }

    it("is the same for a prune", async () => {
        const prune = (args: object) => checkPrune({ builderName: "ci", ...args });
        assert.match((await prune({ maxUsedSpace: "20Gi" })).failures[0]?.reason ?? "", /Did you mean "20GB"\?/);
        assert.match(
            (await prune({ reservedSpace: 512 })).warnings.join(),
            /^reservedSpace: 512 means bytes because it has no unit/,
        );
        assert.deepEqual((await prune({ reservedSpace: "512m", maxUsedSpace: unknown })).warnings, []);
    });

    it("is the same for a state's volume", async () => {
        const told = async (volumeDriverOpts: object, volumeDriver?: string) =>
            (await checkState({ builderName: "ci", volumeDriverOpts, volumeDriver } as never, undefined)).failures;
        const tmpfs = (o: string) => ({ type: "tmpfs", device: "tmpfs", o });
        for (const o of ["size=512Mi", "mode=0700, size=20GB"]) {
            const [failure, ...others] = (await told(tmpfs(o))) ?? [];
            assert.equal(failure?.property, "volumeDriverOpts.o");
            assert.match(failure.reason, /is not a valid size: the kernel reads a number .* Did you mean "(512m|20g)"/);
            assert.deepEqual(others, []);
        }
        assert.match(
            (await told({ size: "20Gi" }))?.[0]?.reason ?? "",
            /"20Gi" is not a valid size: must be a number .*Did you mean "20g"/,
        );
        for (const o of ["size=20g", "size=50%", "uid=1000"]) assert.deepEqual(await told(tmpfs(o)), []);
        assert.deepEqual(await told({ size: "20Gi" }, "another-driver"), []);
        assert.deepEqual(await told({ o: unknown, size: unknown }), []);
    });
});
