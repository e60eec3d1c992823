import { type Call, PartialFailureError } from "../../bridges/lifecycle";
import { untilAborted } from "../../waiting";
import { patienceOf } from "../patience";
import { deleteUnreachableAdvice } from "../previousEngine";
import { failedNodes, hasBegun, startRun } from "./applying";
import type { BuilderInputs } from "./args";
import { type DesiredBuilder, desiredBuilder } from "./desired";
import { connectNode, connectPrevious } from "./node/connect";
import {
    addressOf,
    leftAt,
    mayRemoveUnreachable,
    unreachableNodes,
    waitForCopies,
    warnOfPodmanAt,
} from "./node/engines";
import { filesOf } from "./node/files";
import { type Connected, type ProgramNode, type RemovedNode, removedNodes, wasReached } from "./node/node";
import type { IsOurs } from "./node/recognize";
import { type ConnectedNodes, observe, type Observed } from "./observe";
import { ownedAsIn, ownershipAfter } from "./ownership";
import { plan } from "./plan";
import { load, type PreviousBuilder } from "./previous";
import { read } from "./read";
import { outputsAfter } from "./readOutputs";
import { runPlan } from "./runPlan";
import { type SavedBuilder, toSaved } from "./saved";
import { undoGrace } from "./undo";

export async function update(call: Call, id: string, olds: SavedBuilder, news: BuilderInputs): Promise<SavedBuilder> {
    const desired = desiredBuilder(news, olds.__owner, await filesOf(news, olds.__fileNames));
    const previous = load(olds);
    const connected = await connectAll(call, desired, previous);
    const { nodes, removed } = connected;
    const unreachable = removed.filter((node) => node.connection.error && wasReached(node.previous));
    const mayRemove = await mayRemoveUnreachable(
        call,
        unreachable.map(({ connection }) => connection),
        "The node is removed from Pulumi's state",
    );
    const current = nodes.map(({ connection }) => connection);
    if (current.every(({ error }) => error)) throw unreachableNodes(current);
    const connections = [...nodes, ...removed].map(({ connection }) => connection);
    await Promise.all([waitForCopies(call, connections), warnOfPodmanAt(call, connections)]);
    const isOurs: IsOurs = (found) => desired.adopt || ownedAsIn(olds)(found);
    const observed = withAdvice(await observe(desired, connected, isOurs, false), mayRemove);
    const ownership = ownershipAfter(olds, desired, observed);
    const planned = plan(desired, observed, previous);
    const applying = startRun(call, planned);
    try {
        await runPlan(planned, { desired, observed, previous }, applying);
        const saved = toSaved(news, ownership, desired, await outputsAfter(applying));
        const failed = failedNodes(applying);
        if (failed.length === 0) return saved;
        throw new PartialFailureError(
            failed.map(({ error }) => error),
            id,
            saved,
        );
    } catch (error) {
        if (error instanceof PartialFailureError) throw error;
        if (!hasBegun(applying)) throw error; // nothing changed: the state is still correct
        const now = await untilAborted(read(call, id, olds), applying.signal, undoGrace).catch(() => undefined);
        throw new PartialFailureError([error], id, now?.saved ?? olds);
    }
}

/** Connects to the engines of the nodes in the program, and of the nodes that it no longer has at their location. */
async function connectAll(call: Call, desired: DesiredBuilder, previous: PreviousBuilder): Promise<ConnectedNodes> {
    const patience = patienceOf(call, { seconds: desired.savedOnly.bootTimeout, argument: "bootTimeout" });
    const connectOne = async (node: DesiredBuilder["nodes"][number]): Promise<Connected<ProgramNode>> => {
        const before = previous.nodes.find(({ name }) => name === node.name);
        const [connection, left] = await Promise.all([
            connectNode(node, wasReached(before) ? undefined : patience),
            leftAt(node, before),
        ]);
        return { desired: node, previous: before, connection, leftAt: left };
    };
    const nodes = await Promise.all(desired.nodes.map(connectOne));
    const located = nodes.map((node) => ({ desired: node.desired, stored: node.connection.location?.stored }));
    const removed = removedNodes(previous.nodes, located).map(async (node): Promise<Connected<RemovedNode>> => {
        return { previous: node, connection: await connectPrevious(addressOf(node)) };
    });
    return { nodes, removed: await Promise.all(removed) };
}

/**
 * Adds advice to the errors of removed nodes on unreachable engines. A node that may be removed from Pulumi's state, or
 * whose engine was never reached, is no error.
 */
function withAdvice(observed: Observed, mayRemove: boolean): Observed {
    const removed = observed.removed.map((node) => {
        const { error, ...others } = node;
        if (error === undefined || mayRemove || !wasReached(node.previous)) return others;
        return { ...others, error: `${error}. ${deleteUnreachableAdvice}` };
    });
    return { ...observed, removed };
}
