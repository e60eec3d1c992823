import { type Call, PartialFailureError } from "../../bridges/lifecycle";
import { apply, startRun } from "./apply";
import type { KubernetesInputs } from "./args";
import { digestOf } from "./compared";
import { configFilesOf } from "./configFiles";
import { nodesInState } from "./create";
import { desiredKubernetes } from "./desired";
import { observe } from "./observe";
import { plan } from "./plan";
import { load } from "./previous";
import { comparedAs, type SavedKubernetes, toSaved } from "./saved";

export async function update(
    call: Call,
    id: string,
    olds: SavedKubernetes,
    news: KubernetesInputs,
): Promise<SavedKubernetes> {
    const previous = load(olds);
    const desired = desiredKubernetes(news, olds.__owner, await configFilesOf(news));
    const observation = await observe(desired, previous, call.signal);
    const planned = plan(desired, observation.observed, previous);
    if (planned.refusal !== undefined) throw new Error(planned.refusal);
    const applying = startRun(call, observation);
    try {
        await apply(planned.steps, applying);
    } catch (error) {
        if (applying.begun.length === 0) throw error; // nothing changed: the state is still correct
        throw new PartialFailureError([error], id, comparedAs(olds, undefined));
    }
    const saved = toSaved(news, olds.__owner, desired.name, nodesInState(desired, applying, previous));
    return comparedAs(saved, await digestOf(desired, load(saved).nodes));
}
