import { strict as assert } from "node:assert";
import { type DesiredBuilder, desiredBuilder } from "../../provider/resources/docker-container/desired";
import type { BuilderInputs } from "../../provider/resources/docker-container/inputs";
import type { Observed, ObservedRemains } from "../../provider/resources/docker-container/observe";
import { allOptions } from "../../provider/resources/docker-container/options/groups";
import { plan } from "../../provider/resources/docker-container/plan";
import { planRemoval } from "../../provider/resources/docker-container/planRemoval";
import { recordOf } from "../../provider/resources/docker-container/record";
import { changeOf } from "../support/driverOptions";

const owner = { urn: "urn:pulumi:dev::p::t::b", store: "0123456789abcdef" };
const endpoint = "unix:///var/run/docker.sock";

const desired = (args: Partial<BuilderInputs> = {}): DesiredBuilder => desiredBuilder({ name: "ci", ...args }, owner);

/** What buildx's record says of each node's place. */
const places = (wanted: DesiredBuilder) => wanted.nodes.map((node) => ({ stored: node.endpoint ?? endpoint }));

const record = (wanted: DesiredBuilder) => recordOf(wanted, places(wanted));

/** A builder that is just as `args` ask for it. */
function asAsked(args: Partial<BuilderInputs> = {}): Observed {
    const wanted = desired(args);
    return {
        record: { is: "present", nodeGroup: record(wanted), isOwn: true },
        isContext: false,
        choice: args.use ? "current" : "no",
        previous: {
            name: wanted.name,
            nodes: wanted.nodes.map((node, index) => ({
                ...node,
                stored: places(wanted)[index]?.stored ?? "",
                volumeWasThere: false,
                imageMoved: false,
                answersSince: "2026-01-01T00:00:00Z",
            })),
            savedOnly: wanted.savedOnly,
        },
        nodes: wanted.nodes.map((node) => ({
            stored: "",
            host: endpoint,
            engine: { CgroupDriver: "cgroupfs" },
            context: undefined,
            container: {
                isOurs: true,
                owner,
                isRunning: true,
                hasAnswered: true,
                startedAt: "2026-01-01T00:00:00Z",
                imageMoved: false,
                imageDigest: "sha256:0",
                platforms: ["linux/amd64"],
                settings: node.settings,
            },
            volume: { isOurs: true },
            hasImage: true,
            hasNetwork: true,
        })),
        dropped: [],
    };
}

const nothing: Observed = {
    record: { is: "absent" },
    isContext: false,
    choice: "no",
    previous: undefined,
    nodes: [
        {
            stored: "",
            host: endpoint,
            engine: {},
            context: undefined,
            container: undefined,
            volume: undefined,
            hasImage: true,
            hasNetwork: true,
        },
    ],
    dropped: [],
};

const withNode = (observed: Observed, node: Partial<Observed["nodes"][number]>): Observed => ({
    ...observed,
    nodes: observed.nodes.map((each) => ({ ...each, ...node })),
});

const withContainer = (observed: Observed, container: object): Observed =>
    withNode(observed, { container: { ...observed.nodes[0]?.container, ...container } as never });

function steps(wanted: DesiredBuilder, observed: Observed): string[] {
    const at = places(wanted);
    const located = observed.nodes.map((node, index) => ({ ...node, ...at[index] }));
    const { refusal, replaces = [], nodes, after } = plan(wanted, { ...observed, nodes: located });
    if (refusal !== undefined) return [refusal];
    return [
        ...replaces.map((key) => `replace: ${key}`),
        ...nodes.flat().map((step) => step.do),
        ...after.map((step) => step.do),
    ];
}

const change = (from: Partial<BuilderInputs>, to: Partial<BuilderInputs>) => steps(desired(to), asAsked(from));

const newContainer = ["createContainer", "boot"];
const madeAnew = ["createContainer", "drain", "boot", "replaceContainer"];

describe("platforms that a builder has to offer", () => {
    const required = { requirePlatforms: ["linux/amd64", "linux/arm64"] };

    it("are looked for once it is booted", () => {
        assert.deepEqual(steps(desired(required), nothing).slice(-2), ["writeRecord", "requirePlatforms"]);
    });

    it("make one that runs without them start again, and leave alone one that has them", () => {
        assert.deepEqual(change({}, required), ["drain", "boot", "remember", "requirePlatforms"]);
        const observed = withContainer(asAsked(required), { platforms: required.requirePlatforms });
        assert.deepEqual(steps(desired(required), observed), []);
    });
});

describe("the plan for a new builder", () => {
    it("makes the volume, the container and the record", () => {
        assert.deepEqual(steps(desired(), nothing), ["createVolume", ...newContainer, "writeRecord"]);
    });

    it("pulls an image that is not there, or always", () => {
        const withoutImage = withNode(nothing, { hasImage: false });
        assert.equal(steps(desired(), withoutImage)[0], "pullImage");
        assert.equal(steps(desired({ pull: "always" }), nothing)[0], "pullImage");
    });

    it("mounts a volume that is there", () => {
        const observed = withNode(nothing, { volume: { isOurs: false } });
        assert.deepEqual(steps(desired(), observed), [...newContainer, "writeRecord"]);
    });

    it("makes it the current one", () => {
        assert.equal(steps(desired({ use: true }), nothing).at(-1), "use");
    });

    it("goes on with what is ours and lost its record", () => {
        const observed: Observed = { ...asAsked(), previous: undefined, record: { is: "absent" } };
        assert.deepEqual(steps(desired(), observed), ["writeRecord"]);
    });

    it("refuses what is someone else's", () => {
        const found: Observed["record"] = { is: "present", nodeGroup: record(desired()), isOwn: false };
        assert.match(
            steps(desired(), { ...nothing, record: found })[0] ?? "",
            /"ci" exists already in buildx's store.*docker buildx rm ci/,
        );
        const unreadable: Observed["record"] = { is: "unreadable", why: "" };
        assert.match(steps(desired(), { ...nothing, record: unreadable })[0] ?? "", /exists already in buildx's store/);
        const foreign = withContainer({ ...asAsked(), previous: undefined }, { isOurs: false, owner: undefined });
        assert.match(steps(desired(), foreign)[0] ?? "", /made by buildx or by hand/);
        assert.match(
            steps(desired(), withContainer(foreign, { owner: { urn: "urn:x", store: "" } }))[0] ?? "",
            /made by urn:x/,
        );
        assert.match(steps(desired(), { ...nothing, isContext: true })[0] ?? "", /hide the docker context/);
    });

    it("takes over what is someone else's when it is told to, in place where it can", () => {
        const adopt = desired({ adopt: true });
        const found: Observed["record"] = { is: "present", nodeGroup: record(desired()), isOwn: false };
        assert.deepEqual(steps(adopt, { ...nothing, record: found }), ["createVolume", ...newContainer]);
        const foreign = withContainer({ ...asAsked(), previous: undefined }, { owner: undefined });
        assert.deepEqual(steps(adopt, foreign), []);
        const limited = desired({ adopt: true, driverOpts: { memory: "1g" } });
        assert.deepEqual(steps(limited, foreign), ["updateLimits", "writeRecord"]);
    });

    it("refuses a network or a state's volume that is not there", () => {
        const network = desired({ driverOpts: { network: "mine" } });
        assert.match(
            steps(network, withNode(nothing, { hasNetwork: false }))[0] ?? "",
            /network "mine" .* does not exist/,
        );
        const state = { builderName: "ci", node: "ci0", volumeName: "" };
        assert.match(
            steps(desired({ state }), nothing)[0] ?? "",
            /state volume buildx_buildkit_ci0_state .* is not on/,
        );
    });
});

describe("the plan for a change", () => {
    it("does nothing where nothing differs", () => {
        const args = { driverOpts: { memory: "1g", env: { A: "b" } }, platforms: ["linux/arm64"], use: true };
        assert.deepEqual(change(args, args), []);
        assert.deepEqual(
            change({ driverOpts: { memory: "1g" } }, { driverOpts: { memory: "1g", image: undefined } }),
            [],
        );
    });

    const inPlace: [string, object, object][] = [
        ["memory", { memory: "1g" }, { memory: "2g" }],
        ["memory, new", {}, { memory: "2g" }],
        ["memorySwap", { memory: "1g" }, { memory: "1g", memorySwap: "-1" }],
        ["cpuQuota", { cpuQuota: 50000 }, { cpuQuota: 60000 }],
        ["cpuPeriod", {}, { cpuPeriod: 50000 }],
        ["cpuShares", {}, { cpuShares: 512 }],
        ["cpusetCpus", {}, { cpusetCpus: "0" }],
        ["cpusetMems", {}, { cpusetMems: "0" }],
        ["restartPolicy", {}, { restartPolicy: "always" }],
        ["restartPolicy, taken back", { restartPolicy: "always" }, {}],
    ];
    for (const [what, from, to] of inPlace) {
        it(`of ${what} updates the running container, and the record`, () => {
            assert.deepEqual(change({ driverOpts: from }, { driverOpts: to }), ["updateLimits", "writeRecord"]);
        });
    }

    const anew: [string, Partial<BuilderInputs>, Partial<BuilderInputs>][] = [
        ["image", {}, { driverOpts: { image: "moby/buildkit:v0.1" } }],
        ["env", { driverOpts: { env: { A: "1" } } }, { driverOpts: { env: { A: "2" } } }],
        ["network", {}, { driverOpts: { network: "host" } }],
        ["cgroupParent", {}, { driverOpts: { cgroupParent: "/x" } }],
        ["buildkitdFlags", {}, { buildkitdFlags: ["--debug"] }],
        ["memory, taken away", { driverOpts: { memory: "1g" } }, {}],
        ["cpuQuota, taken away", { driverOpts: { cpuQuota: 5000 } }, {}],
        ["cpusetCpus, taken away", { driverOpts: { cpusetCpus: "0" } }, {}],
    ];
    for (const [what, from, to] of anew) {
        it(`of ${what} makes the container anew on the same volume, once it is drained`, () => {
            assert.deepEqual(change(from, to), [...madeAnew, "writeRecord"]);
        });
    }

    const stepsOf = { "in place": ["updateLimits"], recreate: madeAnew, "record only": [] };
    for (const [name, { change: cost }] of allOptions) {
        it(`of the driver option ${name} is planned as the table says: ${cost}`, () => {
            const [from, to] = changeOf[name] ?? assert.fail(`${name} has no change in tests/support/driverOptions.ts`);
            assert.deepEqual(change({ driverOpts: from }, { driverOpts: to }), [...stepsOf[cost], "writeRecord"]);
        });
    }

    it("of labels, which buildx's record does not hold, makes the container anew", () => {
        assert.deepEqual(change({}, { labels: { a: "b" } }), madeAnew);
    });

    it("to an image that is not there pulls it before the old container is drained", () => {
        const to = desired({ driverOpts: { image: "moby/buildkit:v0.1" } });
        assert.deepEqual(steps(to, withNode(asAsked(), { hasImage: false })), [
            "pullImage",
            ...madeAnew,
            "writeRecord",
        ]);
    });

    for (const [what, to] of Object.entries({
        defaultLoad: { driverOpts: { defaultLoad: true } },
        provenanceAddGha: { driverOpts: { provenanceAddGha: false } },
        allowUntrustedImage: { driverOpts: { allowUntrustedImage: true } },
        platforms: { platforms: ["linux/arm64"] },
    })) {
        it(`of ${what} writes the record alone`, () => {
            assert.deepEqual(change({}, to), ["writeRecord"]);
        });
    }

    it("of use chooses the builder, or takes the choice back", () => {
        assert.deepEqual(change({}, { use: true }), ["use", "remember"]);
        assert.deepEqual(change({ use: true }, {}), ["stopUsing", "remember"]);
    });

    it("of what only later steps go by is remembered", () => {
        for (const to of [{ keepState: true }, { bootTimeout: 5 }, { drainTimeout: 5 }, { pull: "always" as const }]) {
            assert.deepEqual(change({}, to), ["remember"]);
        }
    });

    it("of name or endpoint makes it another builder", () => {
        assert.deepEqual(change({}, { name: "other" }), ["replace: name"]);
        assert.deepEqual(change({}, { endpoint: "tcp://host:2375" }), ["replace: endpoint"]);
        assert.deepEqual(change({ name: "CI" }, { name: "ci" }), []);
        const state = { builderName: "ci", node: "ci0", volumeName: "" };
        assert.deepEqual(change({ state }, { state: { ...state, node: "other" } }), ["replace: state"]);
    });
});

describe("the plan for a builder that drifted", () => {
    it("makes a container that is gone, and its volume if that is gone too", () => {
        assert.deepEqual(steps(desired(), withNode(asAsked(), { container: undefined })), newContainer);
        const gone = withNode(asAsked(), { container: undefined, volume: undefined });
        assert.deepEqual(steps(desired(), gone), ["createVolume", ...newContainer]);
    });

    it("makes one anew whose creation was cut off before it was started", () => {
        const cutOff = withContainer(asAsked(), { isRunning: false, startedAt: undefined });
        assert.deepEqual(steps(desired(), cutOff), madeAnew);
    });

    it("boots one that is stopped", () => {
        assert.deepEqual(steps(desired(), withContainer(asAsked(), { isRunning: false })), ["boot"]);
    });

    it("waits for one of which it is not known that it can boot, be it new to the state or started again", () => {
        const started = withContainer(asAsked(), { hasAnswered: false });
        assert.deepEqual(steps(desired(), started), ["boot"]);
        assert.deepEqual(steps(desired(), { ...started, previous: undefined }), ["boot"]);
    });

    it("puts limits right that someone changed, in place where it can", () => {
        const asked = { driverOpts: { memory: "1g" } };
        const found = asAsked({ driverOpts: { memory: "2g" } }).nodes[0]?.container?.settings;
        assert.deepEqual(steps(desired(asked), withContainer(asAsked(asked), { settings: found })), ["updateLimits"]);
        assert.deepEqual(steps(desired(), withContainer(asAsked(), { settings: found })), madeAnew);
    });

    it("rolls a newer image out once a refresh has seen it", () => {
        const seen = ({ previous: known = assert.fail(), ...others }: Observed): Observed => ({
            ...others,
            previous: { ...known, nodes: known.nodes.map((node) => ({ ...node, imageMoved: true })) },
        });
        const moved = withContainer(asAsked(), { imageMoved: true });
        assert.deepEqual(steps(desired(), moved), []);
        assert.deepEqual(steps(desired(), seen(moved)), madeAnew);
        const pull = { pull: "always" as const };
        const asked = withContainer(asAsked(pull), { imageMoved: true });
        assert.deepEqual(steps(desired(pull), seen(asked)), ["pullImage", ...madeAnew]);
    });

    it("lets be what the engine's host cannot limit", () => {
        const asked = { driverOpts: { memory: "1g", memorySwap: "4g" } };
        const { fixed, limits } = desired(asked).nodes[0]?.settings ?? assert.fail();
        const { memorySwap: _, ...others } = limits;
        assert.deepEqual(
            steps(desired(asked), withContainer(asAsked(asked), { settings: { fixed, limits: others } })),
            [],
        );
    });

    it("lets be variables and labels that the image sets anyway", () => {
        const asked = { driverOpts: { env: { PATH: "/bin" } } };
        const { fixed, limits } = desired().nodes[0]?.settings ?? assert.fail();
        const settings = { limits, fixed, ofImage: { env: { PATH: "/bin" }, labels: { vendor: "x" } } };
        assert.deepEqual(steps(desired(asked), withContainer(asAsked(asked), { settings })), []);
    });

    it("writes a record that is missing, broken or edited", () => {
        assert.deepEqual(steps(desired(), { ...asAsked(), record: { is: "absent" } }), ["writeRecord"]);
        assert.deepEqual(steps(desired(), { ...asAsked(), record: { is: "unreadable", why: "" } }), ["writeRecord"]);
        const nodeGroup = record(desired({ buildkitdFlags: ["--debug"] }));
        assert.deepEqual(steps(desired(), { ...asAsked(), record: { is: "present", nodeGroup, isOwn: false } }), [
            "writeRecord",
        ]);
    });

    it("makes it the current one again where someone chose another, and takes back no choice but its own", () => {
        for (const choice of ["no", "elsewhere"] as const)
            assert.deepEqual(steps(desired({ use: true }), { ...asAsked({ use: true }), choice }), ["use"]);
        assert.deepEqual(steps(desired(), { ...asAsked({ use: true }), choice: "no" }), ["remember"]);
        assert.deepEqual(steps(desired(), { ...asAsked({ use: true }), choice: "elsewhere" }), [
            "stopUsing",
            "remember",
        ]);
        assert.deepEqual(steps(desired(), { ...asAsked(), choice: "current" }), []);
    });

    it("does not mind the order in which buildx wrote a record's keys", () => {
        const args = { driverOpts: { memory: "1g", cpuShares: 5 } };
        const { Nodes, ...others } = record(desired(args));
        const nodes = Nodes.map((node) => ({
            ...node,
            DriverOpts: Object.fromEntries(Object.entries(node.DriverOpts ?? {}).reverse()),
        }));
        const nodeGroup = { Nodes: nodes, ...others };
        assert.deepEqual(
            steps(desired(args), { ...asAsked(args), record: { is: "present", nodeGroup, isOwn: false } }),
            [],
        );
    });
});

describe("the plan for a removal", () => {
    const remains: ObservedRemains = {
        node: "ci0",
        isStateVolume: false,
        context: undefined,
        container: "buildx_buildkit_ci0",
        volume: "buildx_buildkit_ci0_state",
        hasContainer: true,
        containerIsOurs: true,
        isRunning: true,
        hasNext: false,
        volumeIsOurs: true,
    };
    const present: Observed["record"] = { is: "present", nodeGroup: record(desired()), isOwn: true };
    const removal = { name: "ci", keepVolume: false, drainTimeout: 5 };
    const removed = (found: Partial<ObservedRemains>, more: Partial<typeof removal> = {}) => {
        const { nodes, after } = planRemoval({ ...removal, ...more }, [{ ...remains, ...found }], present);
        return [...nodes.flat(), ...after].map((step) => step.do);
    };
    const gone = { hasContainer: false, containerIsOurs: false, isRunning: false };

    it("drains, then removes container, volume and record", () => {
        assert.deepEqual(removed({}), ["drain", "removeContainer", "removeVolume", "removeRecord"]);
    });

    it("removes whatever is left", () => {
        assert.deepEqual(removed({ isRunning: false }), ["removeContainer", "removeVolume", "removeRecord"]);
        assert.deepEqual(removed(gone), ["removeVolume", "removeRecord"]);
        assert.deepEqual(removed({ ...gone, volumeIsOurs: false }), ["removeRecord"]);
    });

    it("keeps a volume that is to be kept or is not ours", () => {
        assert.deepEqual(removed({}, { keepVolume: true }), ["drain", "removeContainer", "removeRecord"]);
        assert.deepEqual(removed({ volumeIsOurs: false }), ["drain", "removeContainer", "removeRecord"]);
    });

    it("leaves all of a builder that someone else put in its place", () => {
        assert.deepEqual(removed({ containerIsOurs: false }), ["leave"]);
        const nodeGroup = { ...record(desired()), Driver: "kubernetes" };
        const { after } = planRemoval(removal, [{ ...remains, ...gone }], { is: "present", nodeGroup, isOwn: false });
        assert.deepEqual(
            after.map((step) => step.do),
            ["leave"],
        );
    });
});
