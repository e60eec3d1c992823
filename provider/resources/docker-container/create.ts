import { type Call, type Created, PartialFailureError } from "../../bridges/lifecycle";
import { claimName } from "../../buildx/pendingNames";
import { storeIdentifier } from "../../buildx/store";
import { type Owner, sameOwner } from "../../ownership";
import { patienceOf } from "../patience";
import type { Context } from "./applying";
import { absentNode, type Described } from "./node/outputs";
import { describe } from "./node/readOutputs";
import { desire } from "./desired";
import { filesOf } from "./node/files";
import type { BuilderInputs } from "./inputs";
import { allTroubles, waitForCopies, warnOfPodmanAt } from "./node/engines";
import { type IsOurs, observe } from "./observe";
import { ownershipOf } from "./ownership";
import { plan } from "./plan";
import { applyingAt, runPlan } from "./runPlan";
import { reach } from "./node/connect";
import { type BuilderState, stateOf } from "./saved";
import { undo } from "./undo";

export async function create(call: Call, inputs: BuilderInputs): Promise<Created<BuilderState>> {
    const self: Owner = { urn: call.urn, store: await storeIdentifier() };
    if (inputs.__autoName !== undefined) await claimName(inputs.__autoName, self.urn);
    const desired = desire(inputs, self, await filesOf(inputs));
    const limit = { seconds: desired.later.bootTimeout, argument: "bootTimeout" };
    const sites = await reach(desired.nodes, patienceOf(call, limit));
    if (sites.every(({ trouble }) => trouble)) throw allTroubles(sites);
    await Promise.all([waitForCopies(call, sites), warnOfPodmanAt(call, sites)]);
    const isOurs: IsOurs = (found) => desired.adopt || sameOwner(found, self);
    const observed = await observe(sites, desired, isOurs, undefined);
    const ownership = ownershipOf(desired, observed);
    const applying = applyingAt(call, sites);
    const isSelfs: IsOurs = (found) => sameOwner(found, self);
    const describeAs = (nodes: readonly Described[]) => stateOf(inputs, ownership, desired, nodes);
    try {
        const failures = await runPlan(plan(desired, observed), desired, observed, applying);
        const reasons: unknown[] = [...failures.values()];
        for (const index of failures.keys()) {
            const undone = undo(applying.contexts[index] as Context, isSelfs, applying.signal);
            await undone.catch((undoing) => reasons.push(undoing));
        }
        const saved = describeAs(await describe(desired, sites, applying));
        if (reasons.length > 0) throw new PartialFailureError(reasons, desired.name, saved);
        return { id: desired.name, saved };
    } catch (error) {
        if (error instanceof PartialFailureError) throw error;
        const reasons = [error];
        applying.report("removing what was made");
        const all = [{ engine: undefined, begun: applying.begun }, ...applying.contexts];
        const undone = all.map((each) =>
            undo(each, isSelfs, applying.signal).catch((undoing) => reasons.push(undoing)),
        );
        await Promise.all(undone);
        // What existed before stays: the rest of an interrupted creation, or an adopted builder.
        const wasThere = observed.nodes.some((node) => node.container?.isOurs || node.volume?.isOurs);
        const hasBegun = applying.contexts.some(({ begun }) => begun.length > 0);
        if (!hasBegun || (reasons.length === 1 && !wasThere)) throw error;
        const nodes = desired.nodes.map((node, index) => absentNode(node.name, observed.nodes[index]?.stored ?? ""));
        throw new PartialFailureError(reasons, desired.name, describeAs(nodes));
    }
}
