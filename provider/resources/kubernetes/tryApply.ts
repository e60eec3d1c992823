/** Asks the API server what the application of a node's objects would change, and whether they can be created. */
import { applyObject, fieldManager, getObject, listObjects } from "../../cluster/apply";
import type { Cluster } from "../../cluster/client";
import { ClusterError, isClusterError } from "../../cluster/error";
import { type KubernetesObject, nameOf, referenceTo } from "../../cluster/objects";
import type { Workload } from "../../cluster/workloads";
import { isConfigMapOf } from "./configMaps";
import { type Difference, differenceOf, isAboutImmutable } from "./differences";
import type { Place } from "./place";
import { appLabel } from "./pod";

/** An object that does not exist, and that can be created. */
const creatable: Difference = { is: "changed", paths: [] };

/** Whether this package applied an object. */
export const isAppliedHere = ({ metadata }: KubernetesObject): boolean =>
    (metadata.managedFields ?? []).some(({ manager, operation }) => manager === fieldManager && operation === "Apply");

/**
 * Returns how a workload differs. Before a workload is recreated, the API server says whether it would accept the new
 * workload.
 *
 * @param found the workloads of that name, of any kind.
 */
export async function tryWorkload(
    cluster: Cluster,
    object: KubernetesObject,
    found: readonly Workload[],
    signal: AbortSignal,
): Promise<Difference> {
    const own = found.find(({ kind }) => kind === object.kind)?.object;
    if (found.length === 0) return tryApply(cluster, object, undefined, signal);
    const difference =
        own !== undefined && isAppliedHere(own) ? await tryApply(cluster, object, own, signal) : creatable;
    if (own !== undefined && isAppliedHere(own) && difference.is !== "immutable") return difference;
    const created = await tryReplacement(cluster, object, signal);
    return created.is === "invalid" ? created : difference;
}

async function tryApply(
    cluster: Cluster,
    object: KubernetesObject,
    found: KubernetesObject | undefined,
    signal: AbortSignal,
): Promise<Difference> {
    try {
        const applied = await applyObject(cluster, object, { force: true, dryRun: true, signal });
        return found === undefined ? creatable : differenceOf(found, applied);
    } catch (error) {
        if (!isClusterError(error, "invalid")) throw error;
        return { is: isAboutImmutable(error.why) ? "immutable" : "invalid", why: error.why };
    }
}

export const isAboutQuota = (error: unknown): boolean =>
    isClusterError(error, "other") && error.why.includes("exceeded quota");

/** Asks for the creation of an object under another name, because its own name is still taken. */
async function tryReplacement(cluster: Cluster, object: KubernetesObject, signal: AbortSignal): Promise<Difference> {
    const name = `${object.metadata.name}-new`;
    try {
        const replacement = { ...object, metadata: { ...object.metadata, name } };
        const difference = await tryApply(cluster, replacement, undefined, signal);
        return "why" in difference
            ? { ...difference, why: difference.why.replaceAll(name, object.metadata.name) }
            : difference;
    } catch (error) {
        // The old object still counts for a quota.
        if (isAboutQuota(error)) return creatable;
        if (!isClusterError(error)) throw error;
        const failed = `${nameOf(referenceTo(object))} cannot be recreated`;
        throw new ClusterError(failed, {
            ...error,
            why: error.why.replaceAll(name, object.metadata.name),
            cause: error,
        });
    }
}

/** A ConfigMap that a node needs. */
interface ObservedMap {
    readonly name: string;
    readonly found: KubernetesObject | undefined;
    readonly difference: Difference;
}

export async function observeMap(cluster: Cluster, map: KubernetesObject, signal: AbortSignal): Promise<ObservedMap> {
    const found = await getObject(cluster, referenceTo(map), signal);
    const difference = await tryApply(cluster, map, found, signal);
    return { name: map.metadata.name, found, difference };
}

/** Returns the ConfigMaps of a node. Those of buildx have no label: a workload of buildx names them. */
export async function listMaps(
    cluster: Cluster,
    { namespace }: Pick<Place, "namespace">,
    node: string,
    workloads: readonly Workload[],
    signal: AbortSignal,
): Promise<KubernetesObject[]> {
    const ofBuildx = workloads.filter(({ object }) => !isAppliedHere(object)).flatMap(({ object }) => mapsIn(object));
    const [labelled, mounted] = await Promise.all([
        listObjects(cluster, "ConfigMap", namespace, { [appLabel]: node }, signal),
        Promise.all(ofBuildx.map((name) => getObject(cluster, { kind: "ConfigMap", namespace, name }, signal))),
    ]);
    const all = [...labelled, ...mounted.filter((map) => map !== undefined)];
    const byName = new Map(all.map((map) => [map.metadata.name, map]));
    return [...byName.values()].filter(({ metadata }) => isConfigMapOf(node, metadata.name));
}

interface WorkloadSpec {
    readonly template?: {
        readonly spec?: { readonly volumes?: readonly { readonly configMap?: { readonly name?: string } }[] };
    };
}

function mapsIn({ spec }: KubernetesObject): string[] {
    const { template } = (spec ?? {}) as WorkloadSpec;
    return (template?.spec?.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []);
}
