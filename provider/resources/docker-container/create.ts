import { type Call, type Created, PartialFailureError } from "../../bridges/lifecycle";
import { reserveName } from "../../buildx/pendingNames";
import { storeIdentifier } from "../../buildx/store";
import { type Owner, sameOwner } from "../../ownership";
import { patienceOf } from "../patience";
import { failedNodes, hasBegun, startRun } from "./applying";
import type { BuilderInputs } from "./args";
import { desiredBuilder } from "./desired";
import { connectNode } from "./node/connect";
import { unreachableNodes, waitForCopies, warnOfPodmanAt } from "./node/engines";
import { filesOf } from "./node/files";
import { absentNode, type DescribedNode } from "./node/outputs";
import type { IsOurs } from "./node/recognize";
import { observe } from "./observe";
import { ownershipOf } from "./ownership";
import { plan } from "./plan";
import { outputsAfter } from "./readOutputs";
import { runPlan } from "./runPlan";
import { type SavedBuilder, toSaved } from "./saved";
import { undo } from "./undo";

export async function create(call: Call, inputs: BuilderInputs): Promise<Created<SavedBuilder>> {
    const self: Owner = { urn: call.urn, store: await storeIdentifier() };
    if (inputs.__autoName !== undefined) await reserveName(inputs.__autoName, self.urn);
    const desired = desiredBuilder(inputs, self, await filesOf(inputs));
    const patience = patienceOf(call, { seconds: desired.savedOnly.bootTimeout, argument: "bootTimeout" });
    const nodes = await Promise.all(
        desired.nodes.map(async (node) => ({
            desired: node,
            previous: undefined,
            connection: await connectNode(node, patience),
        })),
    );
    const connections = nodes.map(({ connection }) => connection);
    if (connections.every(({ error }) => error)) throw unreachableNodes(connections);
    await Promise.all([waitForCopies(call, connections), warnOfPodmanAt(call, connections)]);
    const isOurs: IsOurs = (found) => desired.adopt || sameOwner(found, self);
    const observed = await observe(desired, { nodes, removed: [] }, isOurs, true);
    const ownership = ownershipOf(desired, observed);
    const planned = plan(desired, observed, undefined);
    const applying = startRun(call, planned);
    const isOwn: IsOurs = (found) => sameOwner(found, self);
    const saveWith = (outputs: readonly DescribedNode[]) => toSaved(inputs, ownership, desired, outputs);
    try {
        await runPlan(planned, { desired, observed, previous: undefined }, applying);
        const failed = failedNodes(applying);
        const reasons: unknown[] = failed.map(({ error }) => error);
        for (const { run } of failed) {
            const undone = undo(run, run.node.connection?.engine, isOwn, applying.signal);
            await undone.catch((undoing) => reasons.push(undoing));
        }
        const saved = saveWith(await outputsAfter(applying));
        for (const { run, error } of failedNodes(applying))
            if (!failed.some((each) => each.run === run)) reasons.push(error);
        if (reasons.length > 0) throw new PartialFailureError(reasons, desired.name, saved);
        return { id: desired.name, saved };
    } catch (error) {
        if (error instanceof PartialFailureError) throw error;
        const reasons = [error];
        applying.report("removing what was created");
        const undone = [
            undo({ begun: applying.begun }, undefined, isOwn, applying.signal),
            ...applying.nodes.map((run) => undo(run, run.node.connection?.engine, isOwn, applying.signal)),
        ];
        await Promise.all(undone.map((each) => each.catch((undoing) => reasons.push(undoing))));
        // What existed before stays: the rest of an interrupted creation, or an adopted builder.
        const wasThere = observed.nodes.some((node) => node.container?.isOurs || node.volume?.isOurs);
        if (!hasBegun(applying) || (reasons.length === 1 && !wasThere)) throw error;
        const absent = observed.nodes.map((node) => absentNode(node.desired.name, node.stored));
        throw new PartialFailureError(reasons, desired.name, saveWith(absent));
    }
}
