import type { Call } from "../../bridges/lifecycle";
import { deleteUnreachableSetting } from "../../bridges/lifecycle";
import { releaseName } from "../../buildx/pendingNames";
import { apply, startRun } from "./apply";
import { observe } from "./observe";
import { planRemoval } from "./planRemoval";
import { load } from "./previous";
import type { SavedKubernetes } from "./saved";

/**
 * Removes a builder: its workloads, ConfigMaps and claims, its record and its files.
 *
 * @throws {Error} if a cluster cannot be read, unless the stack's configuration allows to leave its objects there.
 */
export async function remove(call: Call, id: string, olds: SavedKubernetes): Promise<void> {
    await releaseName(id, olds.__owner.urn);
    const previous = load(olds);
    const observation = await observe(previous.desired, previous, call.signal, { isRemoved: true });
    for (const { desired, error } of observation.observed.nodes) {
        if (error === undefined || desired.kind === undefined) continue;
        const what = `node ${desired.name} of builder "${id}" cannot be removed: ${error.message}`;
        if (!(await call.deletesUnreachable()))
            throw new Error(
                `${what}. To remove the builder from the stack and leave its objects in the cluster, run: ` +
                    `pulumi config set ${deleteUnreachableSetting} true`,
            );
        await call.warn(`${what}. Its objects are left in the cluster`);
    }
    await apply(planRemoval(previous, observation.observed).steps, startRun(call, observation));
}
