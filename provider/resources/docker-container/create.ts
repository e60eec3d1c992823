import { type Call, type Created, PartialFailureError } from "../../bridges/lifecycle";
import { reserveName } from "../../buildx/pendingNames";
import { storeIdentifier } from "../../buildx/store";
import { type Owner, sameOwner } from "../../ownership";
import { patienceOf } from "../patience";
import type { Context } from "./applying";
import { absentNode, type DescribedNode } from "./node/outputs";
import { readOutputs } from "./node/readOutputs";
import { desiredBuilder } from "./desired";
import { filesOf } from "./node/files";
import type { BuilderInputs } from "./inputs";
import { unreachableNodes, waitForCopies, warnOfPodmanAt } from "./node/engines";
import { type IsOurs, observe } from "./observe";
import { ownershipOf } from "./ownership";
import { plan } from "./plan";
import { applyingAt, runPlan } from "./runPlan";
import { connectNodes } from "./node/connect";
import { type SavedBuilder, toSaved } from "./saved";
import { undo } from "./undo";

export async function create(call: Call, inputs: BuilderInputs): Promise<Created<SavedBuilder>> {
    const self: Owner = { urn: call.urn, store: await storeIdentifier() };
    if (inputs.__autoName !== undefined) await reserveName(inputs.__autoName, self.urn);
    const desired = desiredBuilder(inputs, self, await filesOf(inputs));
    const limit = { seconds: desired.savedOnly.bootTimeout, argument: "bootTimeout" };
    const sites = await connectNodes(desired.nodes, patienceOf(call, limit));
    if (sites.every(({ error }) => error)) throw unreachableNodes(sites);
    await Promise.all([waitForCopies(call, sites), warnOfPodmanAt(call, sites)]);
    const isOurs: IsOurs = (found) => desired.adopt || sameOwner(found, self);
    const observed = await observe(sites, desired, isOurs, undefined);
    const ownership = ownershipOf(desired, observed);
    const applying = applyingAt(call, sites);
    const isOwn: IsOurs = (found) => sameOwner(found, self);
    const describeAs = (nodes: readonly DescribedNode[]) => toSaved(inputs, ownership, desired, nodes);
    try {
        const failures = await runPlan(plan(desired, observed), desired, observed, applying);
        const reasons: unknown[] = [...failures.values()];
        for (const index of failures.keys()) {
            const undone = undo(applying.contexts[index] as Context, isOwn, applying.signal);
            await undone.catch((undoing) => reasons.push(undoing));
        }
        const saved = describeAs(await readOutputs(desired, sites, applying));
        if (reasons.length > 0) throw new PartialFailureError(reasons, desired.name, saved);
        return { id: desired.name, saved };
    } catch (error) {
        if (error instanceof PartialFailureError) throw error;
        const reasons = [error];
        applying.report("removing what was made");
        const all = [{ engine: undefined, begun: applying.begun }, ...applying.contexts];
        const undone = all.map((each) => undo(each, isOwn, applying.signal).catch((undoing) => reasons.push(undoing)));
        await Promise.all(undone);
        // What existed before stays: the rest of an interrupted creation, or an adopted builder.
        const wasThere = observed.nodes.some((node) => node.container?.isOurs || node.volume?.isOurs);
        const hasBegun = applying.contexts.some(({ begun }) => begun.length > 0);
        if (!hasBegun || (reasons.length === 1 && !wasThere)) throw error;
        const nodes = desired.nodes.map((node, index) => absentNode(node.name, observed.nodes[index]?.stored ?? ""));
        throw new PartialFailureError(reasons, desired.name, describeAs(nodes));
    }
}
