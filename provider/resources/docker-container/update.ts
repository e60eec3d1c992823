import { type Call, PartialFailureError } from "../../bridges/lifecycle";
import { adviceToLetGo } from "../previousEngine";
import { patienceOf } from "../patience";
import { untilAborted } from "../../waiting";
import { describe } from "./node/readOutputs";
import { desire, type DesiredNode } from "./desired";
import { filesOf } from "./node/files";
import type { BuilderInputs } from "./inputs";
import { addressOf, allTroubles, isReached, leftPlaces, letsGo, waitForCopies, warnOfPodmanAt } from "./node/engines";
import { type IsOurs, observe, type Observed } from "./observe";
import { ownedAsIn, ownershipAfter } from "./ownership";
import { plan } from "./plan";
import { read } from "./read";
import { applyingAt, runPlan } from "./runPlan";
import { reach, reachKnown } from "./node/connect";
import { type BuilderState, droppedNodes, known, stateOf } from "./saved";
import { undoGrace } from "./undo";

export async function update(call: Call, id: string, olds: BuilderState, news: BuilderInputs): Promise<BuilderState> {
    const desired = desire(news, olds.__owner, await filesOf(news));
    const before = known(olds);
    const wasReached = isReached(before);
    const patience = patienceOf(call, { seconds: desired.later.bootTimeout, argument: "bootTimeout" });
    const reachAsked = (node: DesiredNode) => reach([node], wasReached({ node: node.name }) ? undefined : patience);
    const reached = (await Promise.all(desired.nodes.map(reachAsked))).flat();
    const dropped = droppedNodes(
        before,
        desired,
        reached.map(({ place }) => place),
    );
    const left = await reachKnown(dropped.map(addressOf));
    const unreachable = left.filter(({ trouble }) => trouble !== undefined);
    const isLetGo = await letsGo(call, unreachable.filter(wasReached), "The node is dropped");
    const sites = [...reached, ...left];
    if (reached.every(({ trouble }) => trouble)) throw allTroubles(reached);
    await Promise.all([waitForCopies(call, sites), warnOfPodmanAt(call, sites)]);
    const isOurs: IsOurs = (found) => desired.adopt || ownedAsIn(olds)(found);
    const [found, leftAt] = await Promise.all([observe(sites, desired, isOurs, before), leftPlaces(desired, before)]);
    const observed: Observed = {
        ...found,
        nodes: found.nodes.map((node, index) => ({ ...node, leftAt: leftAt[index] })),
        dropped: found.dropped.map((each) => {
            const { trouble, ...others } = each;
            if (trouble === undefined || isLetGo || !wasReached(each)) return others;
            return { ...others, trouble: `${trouble}. ${adviceToLetGo}` };
        }),
    };
    const ownership = ownershipAfter(olds, desired, observed);
    const applying = applyingAt(call, sites);
    const finish = async (failures: ReadonlyMap<number, unknown>) => {
        const nodes = await describe(desired, sites, applying, olds, failures);
        return stateOf(news, ownership, desired, nodes);
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
