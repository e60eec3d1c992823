import { type Call, PartialFailureError } from "../../bridges/lifecycle";
import { deleteUnreachableAdvice } from "../previousEngine";
import { patienceOf } from "../patience";
import { untilAborted } from "../../waiting";
import { readOutputs } from "./node/readOutputs";
import { desiredBuilder, type DesiredNode } from "./desired";
import { filesOf } from "./node/files";
import type { BuilderInputs } from "./inputs";
import {
    addressOf,
    unreachableNodes,
    isReached,
    leftPlaces,
    mayDropUnreachable,
    waitForCopies,
    warnOfPodmanAt,
} from "./node/engines";
import { type IsOurs, observe, type Observed } from "./observe";
import { ownedAsIn, ownershipAfter } from "./ownership";
import { plan } from "./plan";
import { read } from "./read";
import { applyingAt, runPlan } from "./runPlan";
import { connectNodes, connectPrevious } from "./node/connect";
import { type SavedBuilder, droppedNodes, previousOf, toSaved } from "./saved";
import { undoGrace } from "./undo";

export async function update(call: Call, id: string, olds: SavedBuilder, news: BuilderInputs): Promise<SavedBuilder> {
    const desired = desiredBuilder(news, olds.__owner, await filesOf(news));
    const before = previousOf(olds);
    const wasReached = isReached(before);
    const patience = patienceOf(call, { seconds: desired.savedOnly.bootTimeout, argument: "bootTimeout" });
    const reachAsked = (node: DesiredNode) =>
        connectNodes([node], wasReached({ node: node.name }) ? undefined : patience);
    const reached = (await Promise.all(desired.nodes.map(reachAsked))).flat();
    const dropped = droppedNodes(
        before,
        desired,
        reached.map(({ location }) => location),
    );
    const left = await connectPrevious(dropped.map(addressOf));
    const unreachable = left.filter(({ error }) => error !== undefined);
    const isLetGo = await mayDropUnreachable(call, unreachable.filter(wasReached), "The node is dropped");
    const sites = [...reached, ...left];
    if (reached.every(({ error }) => error)) throw unreachableNodes(reached);
    await Promise.all([waitForCopies(call, sites), warnOfPodmanAt(call, sites)]);
    const isOurs: IsOurs = (found) => desired.adopt || ownedAsIn(olds)(found);
    const [found, leftAt] = await Promise.all([observe(sites, desired, isOurs, before), leftPlaces(desired, before)]);
    const observed: Observed = {
        ...found,
        nodes: found.nodes.map((node, index) => ({ ...node, leftAt: leftAt[index] })),
        dropped: found.dropped.map((each) => {
            const { error, ...others } = each;
            if (error === undefined || isLetGo || !wasReached(each)) return others;
            return { ...others, error: `${error}. ${deleteUnreachableAdvice}` };
        }),
    };
    const ownership = ownershipAfter(olds, desired, observed);
    const applying = applyingAt(call, sites);
    const finish = async (failures: ReadonlyMap<number, unknown>) => {
        const nodes = await readOutputs(desired, sites, applying, olds, failures);
        return toSaved(news, ownership, desired, nodes);
    };
    try {
        const failures = await runPlan(plan(desired, observed), desired, observed, applying);
        if (failures.size === 0) return await finish(failures);
        throw new PartialFailureError([...failures.values()], id, await finish(failures));
    } catch (error) {
        if (error instanceof PartialFailureError) throw error;
        const hasBegun = [applying, ...applying.contexts].some(({ begun }) => begun.length > 0);
        if (!hasBegun) throw error; // nothing changed: the state is still correct
        const now = await untilAborted(read(call, id, olds), applying.signal, undoGrace).catch(() => undefined);
        throw new PartialFailureError([error], id, now?.saved ?? olds);
    }
}
