import { strict as assert } from "node:assert";
import { type DesiredPrune, desirePrune } from "../../provider/prune/desired";
import type { ObservedBuilder, ObservedNode } from "../../provider/prune/observe";
import { planPrune, whyPruned } from "../../provider/prune/plan";

const wanted = (change: Partial<Parameters<typeof desirePrune>[0]> = {}): DesiredPrune =>
    desirePrune({ builderName: "CI", keepDuration: "7d", triggers: [{ week: 1 }], ...change });

const node = (name: string, status: ObservedNode["status"] = "running"): ObservedNode => ({
    name,
    container: `buildx_buildkit_${name}`,
    host: "unix:///docker.sock",
    status,
});

const observed = (...nodes: ObservedNode[]): ObservedBuilder => ({ nodes, records: ["ci"], store: "/store" });

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
        assert.equal(whyPruned(wanted(), wanted({ builderName: "ci", all: undefined })), undefined);
        assert.equal(whyPruned(wanted({ triggers: [{ week: 2 }] }), wanted()), "the triggers changed");
        assert.equal(whyPruned(wanted({ maxUsedSpace: "1GB" }), wanted()), "what is to stay changed");
        assert.equal(whyPruned(wanted({ builderName: "other" }), wanted()), "the builder changed");
        assert.deepEqual(planPrune(wanted(), observed(node("ci0", "stopped")), wanted()), { steps: [] });
    });

    it("prunes nothing where one node is stopped, gone or out of reach, and names it", () => {
        for (const [status, said] of [
            [
                "stopped",
                /^node ci1 of builder "ci" .* buildx_buildkit_ci1 on unix:\S+ is not running\. Boot it with: docker/,
            ],
            ["inactive", /buildx_buildkit_ci1 on unix:\S+ is not there\. Boot it with: .* --bootstrap ci$/],
            [new Error("no engine there"), /^node ci1 of builder "ci" cannot be pruned: no engine there$/],
        ] as const) {
            const { refusal = "", steps } = planPrune(wanted(), observed(node("ci0"), node("ci1", status)), undefined);
            assert.match(refusal, said);
            assert.deepEqual(steps, []);
        }
    });

    it("names all nodes that keep it from pruning, and the builders that there are", () => {
        const several = observed(node("ci0", "stopped"), node("ci1", "inactive"));
        assert.match(planPrune(wanted(), several, undefined).refusal ?? "", /ci0 on .*\n.*ci1 on/);
        const none: ObservedBuilder = { nodes: undefined, records: ["a", "b"], store: "/store" };
        assert.deepEqual(planPrune(wanted(), none, undefined), {
            refusal: 'there is no builder "ci" in /store (there are a, b): docker buildx ls lists them',
            steps: [],
        });
    });
});
