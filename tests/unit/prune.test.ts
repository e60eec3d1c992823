import { strict as assert } from "node:assert";
import { changesOf } from "../../provider/bridges/lifecycle";
import { type DesiredPrune, desiredPrune } from "../../provider/resources/prune/desired";
import { assumedBuilder, type ObservedBuilder, type ObservedPruneNode } from "../../provider/resources/prune/observe";
import { planPrune } from "../../provider/resources/prune/plan";

const wanted = (change: Partial<Parameters<typeof desiredPrune>[0]> = {}): DesiredPrune =>
    desiredPrune({ builderName: "CI", keepDuration: "7d", triggers: [{ week: 1 }], ...change });

const node = (
    name: string,
    status: ObservedPruneNode["status"] = "running",
    others: Partial<ObservedPruneNode> = {},
): ObservedPruneNode => ({
    name,
    container: `buildx_buildkit_${name}`,
    status,
    volume: `buildx_buildkit_${name}_state`,
    image: { name: "moby/buildkit:buildx-stable-1", isThere: true },
    ...others,
});

/** What is done to which container, in order. */
const steps = (...nodes: ObservedPruneNode[]): string[] =>
    planPrune(wanted(), observed(...nodes), undefined).steps.map((step) => `${step.do} ${step.container}`);

const observed = (...nodes: ObservedPruneNode[]): ObservedBuilder => ({ nodes, records: ["ci"], store: "/store" });

describe("the plan of a prune", () => {
    it("prunes each node by the same rule, and says why", () => {
        assert.deepEqual(planPrune(wanted(), observed(node("ci0"), node("ci1")), undefined), {
            steps: ["ci0", "ci1"].map((name) => ({
                do: "prune",
                node: name,
                container: `buildx_buildkit_${name}`,
                rule: { keepDuration: "7d" },
                why: "it was not pruned yet",
            })),
        });
    });

    it("does so again for another builder, rule or trigger, and not for another spelling of the same", () => {
        const changes = (desired: DesiredPrune, previous: DesiredPrune) =>
            changesOf([], planPrune(desired, observed(node("ci0")), previous).steps);
        assert.deepEqual(changes(wanted(), wanted({ builderName: "ci", all: undefined })), []);
        assert.deepEqual(changes(wanted({ triggers: [{ week: 2 }] }), wanted()), [
            { path: "triggers", why: "triggers changed" },
        ]);
        const why = "maxUsedSpace, keepDuration changed";
        assert.deepEqual(changes(wanted({ maxUsedSpace: "1GB", keepDuration: "8d" }), wanted()), [
            { path: "maxUsedSpace", why },
            { path: "keepDuration", why },
        ]);
        assert.deepEqual(changes(wanted({ builderName: "other" }), wanted()), [
            { path: "builderName", why: "builderName changed" },
        ]);
        assert.deepEqual(planPrune(wanted(), observed(node("ci0", "stopped")), wanted()), { steps: [] });
    });

    it("names the changed arguments in every step of a node", () => {
        const changed = wanted({ triggers: [{ week: 2 }] });
        for (const each of [node("ci0", "stopped"), node("ci0", "paused"), node("ci0", "inactive")]) {
            const { steps: all } = planPrune(changed, observed(each), wanted());
            assert.equal(all.length, 3);
            for (const { properties } of all) assert.deepEqual(properties, ["triggers"]);
        }
    });

    it("is shown by a preview without a query, for a builder that may not exist yet", () => {
        const steps = planPrune(wanted({ all: true }), assumedBuilder(wanted()), wanted()).steps;
        assert.deepEqual(
            steps.map((step) => [step.do, step.why]),
            [["prune", "all changed"]],
        );
    });

    it("starts what is stopped, lets go on what is paused, and takes that back", () => {
        assert.deepEqual(steps(node("ci0", "stopped"), node("ci1", "paused"), node("ci2")), [
            "start buildx_buildkit_ci0",
            "prune buildx_buildkit_ci0",
            "stop buildx_buildkit_ci0",
            "unpause buildx_buildkit_ci1",
            "prune buildx_buildkit_ci1",
            "pause buildx_buildkit_ci1",
            "prune buildx_buildkit_ci2",
        ]);
    });

    it("boots a buildkitd on a volume that has no container, of an image that it pulls if it is not there", () => {
        const atRest = "buildx_buildkit_ci0_state_prune";
        const boots = [`bootAtRest ${atRest}`, `prune ${atRest}`, `endAtRest ${atRest}`];
        assert.deepEqual(steps(node("ci0", "inactive")), boots);
        const image = { name: "registry.example/buildkit", isThere: false };
        assert.deepEqual(steps(node("ci0", "inactive", { image })), [`pullImage ${atRest}`, ...boots]);
    });

    it("has nothing to do for a node that has neither a container nor a volume", () => {
        const none = node("ci1", "inactive", { volume: undefined });
        assert.deepEqual(steps(none), []);
        assert.deepEqual(steps(node("ci0"), none), ["prune buildx_buildkit_ci0"]);
    });

    it("prunes nothing where one node is out of reach, and names it", () => {
        const gone = node("ci1", new Error("no engine there"));
        for (const other of [node("ci0"), node("ci0", "stopped")]) {
            assert.deepEqual(planPrune(wanted(), observed(other, gone), undefined), {
                refusal: 'node ci1 of builder "ci" cannot be pruned: no engine there',
                steps: [],
            });
        }
    });

    it("says which driver a builder has that is of another one", () => {
        for (const otherDriver of ["kubernetes", "remote", "cloud", "docker"]) {
            const other: ObservedBuilder = { nodes: undefined, otherDriver, records: ["ci"], store: "/store" };
            assert.deepEqual(planPrune(wanted(), other, undefined), {
                refusal:
                    `builder "ci" cannot be pruned: its driver is ${otherDriver}, and only builders of the ` +
                    "docker-container driver are supported. Use instead: docker buildx prune --builder ci",
                steps: [],
            });
        }
    });

    it("names all nodes that keep it from pruning, and the builders that there are", () => {
        const several = observed(node("ci0", new Error("silent")), node("ci1", new Error("refused")));
        assert.match(planPrune(wanted(), several, undefined).refusal ?? "", /ci0 .*silent\n.*ci1 .*refused/);
        const none: ObservedBuilder = { nodes: undefined, records: ["a", "b"], store: "/store" };
        assert.deepEqual(planPrune(wanted(), none, undefined), {
            refusal:
                'builder "ci" not found in /store (other builders there: a, b). List builders with: docker buildx ls',
            steps: [],
        });
    });
});
