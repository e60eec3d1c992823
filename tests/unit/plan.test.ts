import { strict as assert } from "node:assert";
import type { BuilderInputs } from "../../provider/resources/docker-container/args";
import { type DesiredBuilder } from "../../provider/resources/docker-container/desired";
import type { Leftovers } from "../../provider/resources/docker-container/node/observeLeftovers";
import type { Observed } from "../../provider/resources/docker-container/observe";
import { allOptions } from "../../provider/resources/docker-container/options/groups";
import { planRemoval } from "../../provider/resources/docker-container/planRemoval";
import { recordOf } from "../../provider/resources/docker-container/record";
import { nodeSteps, type Step } from "../../provider/resources/docker-container/steps";
import { changeOf } from "../support/driverOptions";
import {
    asAsked,
    change,
    desired,
    endpoint,
    leftovers,
    located,
    madeAnew,
    newContainer,
    noNode,
    nothing,
    planFor,
    previousOf,
    record,
    steps,
    withContainer,
    withNode,
    type Found,
} from "../support/plannedBuilder";

describe("platforms that a builder has to offer", () => {
    const required = { requirePlatforms: ["linux/amd64", "linux/arm64"] };

    it("are looked for once it is booted", () => {
        assert.deepEqual(steps(desired(required), nothing).slice(-2), ["writeRecord", "requirePlatforms"]);
    });

    it("make one that runs without them start again, and leave alone one that has them", () => {
        assert.deepEqual(change({}, required), ["drain", "boot", "saveSettings", "requirePlatforms"]);
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
        const observed: Found = { ...asAsked(), previous: undefined, record: { is: "absent" } };
        assert.deepEqual(steps(desired(), observed), ["writeRecord"]);
    });

    it("refuses what is someone else's", () => {
        const found: Observed["record"] = { is: "present", nodeGroup: record(desired()), isOwn: false };
        assert.match(
            steps(desired(), { ...nothing, record: found })[0] ?? "",
            /"ci" already exists in buildx's store.*docker buildx rm ci/,
        );
        const unreadable: Observed["record"] = { is: "unreadable", why: "" };
        assert.match(steps(desired(), { ...nothing, record: unreadable })[0] ?? "", /already exists in buildx's store/);
        const foreign = withContainer({ ...asAsked(), previous: undefined }, { isOurs: false, owner: undefined });
        assert.match(steps(desired(), foreign)[0] ?? "", /created by buildx or a user/);
        assert.match(
            steps(desired(), withContainer(foreign, { owner: { urn: "urn:x", store: "" } }))[0] ?? "",
            /created by urn:x/,
        );
        assert.match(steps(desired(), { ...nothing, isContext: true })[0] ?? "", /docker has a context of that name/);
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
        assert.deepEqual(change({}, { use: true }), ["use", "saveSettings"]);
        assert.deepEqual(change({ use: true }, {}), ["stopUsing", "saveSettings"]);
    });

    it("of what only later steps go by is remembered", () => {
        for (const to of [{ keepState: true }, { bootTimeout: 5 }, { drainTimeout: 5 }, { pull: "always" as const }]) {
            assert.deepEqual(change({}, to), ["saveSettings"]);
        }
    });

    it("of name or endpoint makes it another builder", () => {
        assert.deepEqual(change({}, { name: "other" }), ["replace: name"]);
        assert.deepEqual(change({}, { endpoint: "tcp://host:2375" }), ["replace: endpoint"]);
        assert.deepEqual(change({ name: "CI" }, { name: "ci" }), []);
        const state = { builderName: "ci", node: "ci0", volumeName: "" };
        assert.deepEqual(change({ state }, { state: { ...state, node: "other" } }), ["replace: state"]);
    });

    it("of the state on the same volume only changes what is saved: whether the volume goes with the builder", () => {
        const state = { builderName: "ci", node: "ci0", volumeName: "" };
        assert.deepEqual(change({}, { state }), ["saveSettings"]);
        assert.deepEqual(change({ state }, {}), ["saveSettings"]);
        assert.deepEqual(change({ state }, { state }), []);
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
        const seen = ({ previous: known = assert.fail(), ...others }: Found): Found => ({
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
        assert.deepEqual(steps(desired(), { ...asAsked({ use: true }), choice: "no" }), ["saveSettings"]);
        assert.deepEqual(steps(desired(), { ...asAsked({ use: true }), choice: "elsewhere" }), [
            "stopUsing",
            "saveSettings",
        ]);
        assert.deepEqual(steps(desired(), { ...asAsked(), choice: "current" }), []);
    });

    it("leaves a node that fails out of the record, and keeps it if the record has it", () => {
        const [ok = assert.fail(), failing = assert.fail()] = located(
            desired({ nodes: [{ endpoint }, { endpoint: "tcp://second:2375" }] }),
        );
        const both = recordOf("ci", [ok, failing]);
        const withError = [ok, { ...failing, stored: "", error: "no Docker engine answers" }];
        assert.deepEqual(recordOf("ci", withError), recordOf("ci", [ok]));
        assert.deepEqual(recordOf("ci", withError, both), both);
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

describe("the cause of a step", () => {
    interface Shown {
        why: string;
        properties: readonly string[];
        isDrift: boolean;
    }

    /** The cause of the first step of a plan that has `kind`. */
    function causeOf(kind: Step["do"], wanted: DesiredBuilder, found: Found): Shown {
        const planned = planFor(wanted, found);
        const all: Step[] = [...nodeSteps(planned), ...planned.after];
        const { why, properties = [], isDrift = false } = all.find((step) => step.do === kind) ?? assert.fail(kind);
        return { why, properties, isDrift };
    }

    const asked = (why: string, ...properties: string[]): Shown => ({ why, properties, isDrift: false });
    const drifted = (why: string, ...properties: string[]): Shown => ({ why, properties, isDrift: true });
    const settingsOf = (args: Partial<BuilderInputs>) => desired(args).nodes[0]?.settings ?? assert.fail();

    /** A builder that was made by `args`, and whose container now is as `now` asks for. */
    const changedByHand = (args: Partial<BuilderInputs>, now: Partial<BuilderInputs>) =>
        withContainer(asAsked(args), { settings: settingsOf(now) });

    type Case = [Step["do"], Partial<BuilderInputs>, Partial<BuilderInputs>, Shown];
    const memory = (size: string) => ({ driverOpts: { memory: size } });
    const env = (variables: Record<string, string>) => ({ driverOpts: { env: variables } });
    const second = "tcp://second:2375";
    const withTwo = (of: object = {}, more: object = {}): Partial<BuilderInputs> => ({
        ...more,
        nodes: [{ endpoint }, { endpoint: second, ...of }],
    });

    const changes: Record<string, Case> = {
        "a limit": ["updateLimits", memory("1g"), memory("2g"), asked("memory changed", "driverOpts.memory")],
        "a limit, in the record": [
            "writeRecord",
            memory("1g"),
            memory("2g"),
            asked("memory changed", "driverOpts.memory"),
        ],
        "a limit that is new": ["updateLimits", {}, memory("2g"), asked("memory changed", "driverOpts.memory")],
        "a limit that is removed": ["boot", memory("2g"), {}, asked("memory removed", "driverOpts.memory")],
        "a variable": [
            "createContainer",
            env({ A: "1", B: "1" }),
            env({ A: "2", B: "1", C: "3" }),
            asked("env changed", "driverOpts.env.A", "driverOpts.env.C"),
        ],
        "a limit and a variable": [
            "drain",
            { driverOpts: { memory: "1g", env: { A: "1" } } },
            { driverOpts: { memory: "2g", env: { A: "2" } } },
            asked("env, memory changed", "driverOpts.env.A", "driverOpts.memory"),
        ],
        flags: [
            "createContainer",
            {},
            { buildkitdFlags: ["--debug"] },
            asked("buildkitdFlags changed", "buildkitdFlags"),
        ],
        "the network, from which a flag follows": [
            "createContainer",
            {},
            { driverOpts: { network: "host" } },
            asked("network changed", "driverOpts.network"),
        ],
        labels: ["createContainer", {}, { labels: { "a.b": "c" } }, asked("labels changed", "labels")],
        hosts: [
            "createContainer",
            {},
            { extraHosts: { host: "10.0.0.7" }, dns: { nameservers: ["10.0.0.1"] } },
            asked("extraHosts, dns changed", "extraHosts", "dns"),
        ],
        platforms: ["writeRecord", {}, { platforms: ["linux/arm64"] }, asked("platforms changed", "platforms")],
        "an option of the record": [
            "writeRecord",
            {},
            { driverOpts: { defaultLoad: true } },
            asked("defaultLoad changed", "driverOpts.defaultLoad"),
        ],
        use: ["use", {}, { use: true }, asked("use is true", "use")],
        "settings for later steps": [
            "saveSettings",
            {},
            { keepState: true, bootTimeout: 5 },
            asked("keepState, bootTimeout changed", "keepState", "bootTimeout"),
        ],
        "the platforms to offer": [
            "boot",
            {},
            { requirePlatforms: ["linux/arm64"] },
            asked("the builder does not offer linux/arm64", "requirePlatforms"),
        ],
        "an option of a node": [
            "updateLimits",
            withTwo(memory("1g")),
            withTwo(memory("2g")),
            asked("memory changed", "nodes[1].driverOpts.memory"),
        ],
        "an option that a node no longer has": [
            "createContainer",
            withTwo(memory("1g")),
            withTwo(),
            asked("memory removed", "nodes[1].driverOpts.memory"),
        ],
        "an option of all nodes": [
            "updateLimits",
            withTwo({}, memory("1g")),
            withTwo({}, memory("2g")),
            asked("memory changed", "driverOpts.memory"),
        ],
        "a variable of a node beside those of all": [
            "createContainer",
            withTwo(env({ B: "1" }), env({ A: "1" })),
            withTwo(env({ B: "2" }), env({ A: "1" })),
            asked("env changed", "nodes[1].driverOpts.env.B"),
        ],
        "a node's platforms": [
            "writeRecord",
            withTwo(),
            withTwo({ platforms: ["linux/arm64"] }),
            asked("platforms changed", "nodes[1].platforms"),
        ],
        "a node that is added": ["createContainer", { endpoint }, withTwo(), asked("node ci1 was added", "nodes[1]")],
        "a node that is added, in the record": [
            "writeRecord",
            { endpoint },
            withTwo(),
            asked("nodes changed", "nodes[1]"),
        ],
        "a node that is removed": [
            "removeContainer",
            withTwo(),
            { nodes: [{ endpoint }] },
            asked("node ci1 was removed from the program", "nodes"),
        ],
        "a node that is removed, in the record": [
            "writeRecord",
            withTwo(),
            { nodes: [{ endpoint }] },
            asked("nodes changed", "nodes"),
        ],
        "a node that moves": [
            "removeContainer",
            withTwo(),
            withTwo({ endpoint: "tcp://third:2375" }),
            asked("the endpoint of node ci1 changed", "nodes[1].endpoint"),
        ],
    };
    for (const [what, [step, from, to, cause]] of Object.entries(changes)) {
        it(`names ${what} if the arguments changed`, () => {
            assert.deepEqual(causeOf(step, desired(to), asAsked(from)), cause);
        });
    }

    const drifts: Record<string, Case> = {
        "a limit": [
            "updateLimits",
            memory("1g"),
            memory("2g"),
            drifted("memory, memorySwap changed", "driverOpts.memory", "driverOpts.memorySwap"),
        ],
        "a variable": ["createContainer", env({ A: "1" }), env({ A: "2" }), drifted("env changed", "driverOpts.env.A")],
        labels: ["createContainer", { labels: { a: "b" } }, {}, drifted("labels changed", "labels")],
        flags: [
            "createContainer",
            { buildkitdFlags: ["--debug"] },
            {},
            drifted("buildkitdFlags changed", "buildkitdFlags"),
        ],
        "an option of a node": [
            "updateLimits",
            withTwo({ driverOpts: { cpuShares: 512 } }),
            { driverOpts: { cpuShares: 100 } },
            drifted("cpuShares changed", "nodes[1].driverOpts.cpuShares"),
        ],
    };
    for (const [what, [step, args, now, cause]] of Object.entries(drifts)) {
        it(`is drift if ${what} of the container differs from arguments that did not change`, () => {
            assert.deepEqual(causeOf(step, desired(args), onlyLast(changedByHand(args, now), args)), cause);
        });
    }

    /** Leaves all nodes but the last as `args` ask for them. */
    const onlyLast = (found: Found, args: Partial<BuilderInputs>): Found => ({
        ...found,
        nodes: found.nodes.map((node, index) =>
            index < found.nodes.length - 1 ? (asAsked(args).nodes[index] ?? noNode) : node,
        ),
    });

    it("is no drift if one of two settings was changed in the arguments, and names both", () => {
        const from = { driverOpts: { cpuShares: 100, cpuPeriod: 20_000 } };
        const to = desired({ driverOpts: { cpuShares: 200, cpuPeriod: 20_000 } });
        const found = changedByHand(from, { driverOpts: { cpuShares: 100, cpuPeriod: 30_000 } });
        const both = asked("cpuPeriod, cpuShares changed", "driverOpts.cpuPeriod", "driverOpts.cpuShares");
        assert.deepEqual(causeOf("updateLimits", to, found), both);
    });

    it("is drift after a refresh, which writes what it finds into the arguments of the state", () => {
        const found = asAsked({ driverOpts: { cpuShares: 100 } });
        const { previous = assert.fail() } = found;
        const nodes = previous.nodes.map((node) => ({ ...node, drifted: ["cpuShares"] }));
        const refreshed = { ...found, previous: { ...previous, nodes } };
        const wanted = desired({ driverOpts: { cpuShares: 200 } });
        const cause = drifted("cpuShares changed", "driverOpts.cpuShares");
        assert.deepEqual(causeOf("updateLimits", wanted, refreshed), cause);
    });

    const lost: [string, Step["do"], Found, Shown][] = [
        [
            "container that is gone",
            "createContainer",
            withNode(asAsked(), { container: undefined }),
            drifted("the container does not exist", "status"),
        ],
        [
            "volume that is gone",
            "createVolume",
            withNode(asAsked(), { volume: undefined }),
            drifted("the volume does not exist", "status"),
        ],
        [
            "container that is stopped",
            "boot",
            withContainer(asAsked(), { isRunning: false }),
            drifted("the container is not running", "status"),
        ],
        [
            "record that is missing",
            "writeRecord",
            { ...asAsked(), record: { is: "absent" } },
            drifted("buildx has no record of the builder on this machine"),
        ],
        [
            "record that was edited",
            "writeRecord",
            { ...asAsked(), record: { is: "present", nodeGroup: record(desired(memory("1g"))), isOwn: false } },
            drifted("buildx's record of the builder differs"),
        ],
    ];
    for (const [what, step, found, cause] of lost) {
        it(`is drift: a ${what}`, () => {
            assert.deepEqual(causeOf(step, desired(), found), cause);
        });
    }

    it("is drift for another current builder, a newer image and a platform that is missing again", () => {
        const use = { ...asAsked({ use: true }), choice: "no" as const };
        const cause = drifted("the builder is not the current builder any more", "use");
        assert.deepEqual(causeOf("use", desired({ use: true }), use), cause);

        const found = withContainer(asAsked(), { imageMoved: true });
        const { previous = assert.fail() } = found;
        const nodes = previous.nodes.map((node) => ({ ...node, imageMoved: true }));
        const moved = { ...found, previous: { ...previous, nodes } };
        const { image } = settingsOf({}).fixed;
        assert.deepEqual(causeOf("boot", desired(), moved), drifted(`${image} is a newer image`, "driverOpts.image"));

        const required = { requirePlatforms: ["linux/arm64"] };
        assert.deepEqual(
            causeOf("boot", desired(required), asAsked(required)),
            drifted("the builder does not offer linux/arm64", "requirePlatforms"),
        );
    });
});

describe("the plan for a removal", () => {
    const [ci0 = assert.fail()] = previousOf({}).nodes;
    const remains = leftovers(ci0);
    const present: Observed["record"] = { is: "present", nodeGroup: record(desired()), isOwn: true };
    const removal = { name: "ci", keepVolume: false, drainTimeout: 5 };
    const removed = (found: Partial<Leftovers>, more: Partial<typeof removal> = {}) => {
        const { nodes, after } = planRemoval({ ...removal, ...more }, [{ ...remains, ...found }], present);
        return [...nodeSteps({ nodes }), ...after].map((step) => step.do);
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
