import type { Call, Created } from "../../bridges/lifecycle";
import { canonicalName } from "../../buildx/names";
import { whyUnreadableName } from "../../buildx/otherDriver";
import { digestOf } from "./compared";
import { configFilesOf } from "./configFiles";
import { desiredKubernetes } from "./desired";
import { findKubernetes } from "./findBuilder";
import { requireKubernetes } from "./import";
import { type Observation, observe, pinnedContext } from "./observe";
import { plan } from "./plan";
import { load, type PreviousKubernetes } from "./previous";
import { findNode, findObserved } from "./readOutputs";
import { comparedAs, type SavedKubernetes, toSaved } from "./saved";

/**
 * Reads a builder, and compares it with its saved arguments. The builder stays in Pulumi's state if its workload is
 * gone, if its cluster does not respond, or if this machine has no record of it: the next update puts it right.
 */
export async function read(call: Call, id: string, props: Partial<SavedKubernetes>): Promise<Created<SavedKubernetes>> {
    if (props.__owner === undefined) return readForeign(call, id, props);
    const olds = props as SavedKubernetes;
    const previous = load(olds);
    const { desired, nodes: before, args } = previous;
    const { observation, digest } = await compare(call, olds, previous);
    const found = await Promise.all(
        desired.nodes.map((node) => {
            const saved = before.find(({ name }) => name === node.name);
            const pinned = pinnedContext(node, saved);
            const observed = observation?.observed.nodes.find(({ desired: { name } }) => name === node.name);
            return observed === undefined
                ? findNode(node, saved?.outputs, pinned, call.signal)
                : findObserved(observed, observation?.clusters.get(node.name), saved?.outputs, pinned, call.signal);
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
    return { id, saved: comparedAs({ ...olds, ...saved }, digest) };
}

interface Comparison {
    /** What exists of the builder. `undefined` if it cannot be compared. */
    readonly observation?: Observation;
    /** The digest of what was compared. `undefined` if the builder differs or cannot be compared. */
    readonly digest?: string | undefined;
}

async function compare(
    { signal }: Call,
    { __owner: owner }: SavedKubernetes,
    previous: PreviousKubernetes,
): Promise<Comparison> {
    try {
        const desired = desiredKubernetes(previous.args, owner, await configFilesOf(previous.args));
        const observation = await observe(desired, previous, signal);
        const { steps, refusal, replaces = [] } = plan(desired, observation.observed, previous);
        const isSame = steps.length === 0 && refusal === undefined && replaces.length === 0;
        return { observation, digest: isSame ? await digestOf(desired, previous.nodes) : undefined };
    } catch {
        signal.throwIfAborted();
        return {}; // the next preview compares the builder, and reports the reason
    }
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
