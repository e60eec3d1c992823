import type { Call, Created } from "../../bridges/lifecycle";
import { canonicalName } from "../../buildx/names";
import { whyUnreadableName } from "../../buildx/otherDriver";
import { findKubernetes } from "./findBuilder";
import { requireKubernetes } from "./import";
import { pinnedContext } from "./observe";
import { load } from "./previous";
import { findNode } from "./readOutputs";
import { type SavedKubernetes, toSaved } from "./saved";

/**
 * Reads a builder. The builder stays in Pulumi's state if its workload is gone, if its cluster does not respond, or if
 * this machine has no record of it: the next update puts it right.
 */
export async function read(call: Call, id: string, props: Partial<SavedKubernetes>): Promise<Created<SavedKubernetes>> {
    if (props.__owner === undefined) return readForeign(call, id, props);
    const olds = props as SavedKubernetes;
    const { desired, nodes: before, args } = load(olds);
    const found = await Promise.all(
        desired.nodes.map((node) => {
            const previous = before.find(({ name }) => name === node.name);
            return findNode(node, previous?.outputs, pinnedContext(node, previous), call.signal);
        }),
    );
    for (const { outputs, error } of found)
        if (error !== undefined)
            await call.warn(`node ${outputs.name} is shown as ${outputs.status}: ${error.message}`);
    const saved = toSaved(args, olds.__owner, olds.name, {
        outputs: found.map(({ outputs }) => outputs),
        places: olds.__places,
        foundClaims: olds.__foundClaims,
    });
    return { id, saved: { ...olds, ...saved } };
}

/** Reads a builder that is not in Pulumi's state from buildx's store, for `KubernetesBuilder.get`. */
async function readForeign(call: Call, id: string, props: Partial<SavedKubernetes>): Promise<Created<SavedKubernetes>> {
    const name = canonicalName(id);
    const illegal = whyUnreadableName(id);
    if (illegal !== undefined) throw new Error(illegal);
    await requireKubernetes(name);
    const { outputs, warning } = await findKubernetes(name, call.signal);
    if (warning !== undefined) await call.warn(warning);
    const none = { __owner: { urn: "", store: "" }, __places: {}, __foundClaims: {} };
    return { id: name, saved: { ...props, ...outputs, ...none } };
}
