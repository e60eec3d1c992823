/** Observes what exists of a node in its cluster. Nothing is changed: the API server answers what a change would do. */
import { applyObject, fieldManager, getObject, listObjects, managersOf } from "../../cluster/apply";
import type { Cluster } from "../../cluster/client";
import { isClusterError } from "../../cluster/error";
import type { KubernetesObject } from "../../cluster/objects";
import { getWorkload, listClaims, type Workload, type WorkloadKind } from "../../cluster/workloads";
import { type Owner, ownerOf } from "../../ownership";
import { isConfigMapOf } from "./configMaps";
import type { DesiredNode } from "./desired";
import { type Difference, differenceOf, isAboutImmutable } from "./differences";
import { manifestsOf } from "./manifests";
import type { Place } from "./place";
import { appLabel, stateVolume } from "./pod";
import type { PreviousNode } from "./previous";

/** A node of the program, and what exists of it. */
export interface ObservedNode {
    readonly desired: DesiredNode;
    readonly previous: PreviousNode | undefined;
    /** `undefined` if the kubeconfig cannot be used. */
    readonly place: Place | undefined;
    /** Why the cluster could not be read. The rest is then unknown. */
    readonly error: Error | undefined;
    /** The workload of the node. For a workload of another resource, of any kind. */
    readonly workload: FoundWorkload | undefined;
    /** A workload of the other kind, with the name of the node. */
    readonly other: FoundWorkload | undefined;
    /** How the workload differs. */
    readonly difference: Difference;
    /** Whether the number of replicas is applied. Otherwise another writer's number stays. */
    readonly withReplicas: boolean;
    /** Names of the ConfigMaps that do not exist or differ. */
    readonly differingMaps: readonly string[];
    /** Names of ConfigMaps of the node that the node no longer has. */
    readonly unneededMaps: readonly string[];
    /** Names of the claims of the node. */
    readonly claims: readonly string[];
}

/** A workload that exists. */
export interface FoundWorkload {
    readonly kind: WorkloadKind;
    readonly uid: string;
    /** The resource that created the workload. `undefined` for a workload of buildx or a user. */
    readonly owner: Owner | undefined;
    /** Whether this package applied the workload. */
    readonly isApplied: boolean;
    /** Number of pods that the workload should have. */
    readonly replicas: number;
    readonly readyReplicas: number;
    /** The labels of its pods. */
    readonly podLabels: Readonly<Record<string, string>>;
    /** The size in the template of its claims. */
    readonly storage: string | undefined;
}

/** A node of which nothing exists. */
export const nothing = {
    error: undefined,
    workload: undefined,
    other: undefined,
    difference: { is: "same" },
    withReplicas: true,
    differingMaps: [],
    unneededMaps: [],
    claims: [],
} as const satisfies Partial<ObservedNode>;

/**
 * @param options.isRemoved whether the node will be removed: it is then not compared with the program.
 * @throws {ClusterError} if the cluster cannot be read.
 */
export async function observeNode(
    { cluster, place }: { readonly cluster: Cluster; readonly place: Place },
    desired: DesiredNode,
    previous: PreviousNode | undefined,
    owner: Owner,
    signal: AbortSignal,
    { isRemoved = false } = {},
): Promise<ObservedNode> {
    const { namespace } = place;
    const { workload: name, kind } = desired;
    const base = { desired, previous, place, ...nothing };
    const [deployment, statefulSet] = await Promise.all([
        getWorkload(cluster, { kind: "Deployment", namespace, name }, signal),
        getWorkload(cluster, { kind: "StatefulSet", namespace, name }, signal),
    ]);
    if (kind === undefined) {
        const found = deployment ?? statefulSet;
        return { ...base, workload: found && describe(found) };
    }
    const [own, other] = kind === "Deployment" ? [deployment, statefulSet] : [statefulSet, deployment];
    const withReplicas = own === undefined || !keepsReplicas(own.object, desired, previous);
    const manifests = manifestsOf(desired, namespace, owner, { withReplicas });
    const configMaps = isRemoved ? [] : manifests.configMaps;
    const wantedMaps = configMaps.map(({ metadata }) => metadata.name);
    const found = own && describe(own);
    const [difference, maps, listed, claims] = await Promise.all([
        found?.isApplied === true && !isRemoved
            ? tryApply(cluster, manifests.workload, own?.object, signal)
            : nothing.difference,
        Promise.all(configMaps.map((map) => mapDiffers(cluster, map, signal))),
        listObjects(cluster, "ConfigMap", namespace, { [appLabel]: name }, signal),
        listClaims(cluster, namespace, stateVolume, name, signal),
    ]);
    const mapNames = listed.map(({ metadata }) => metadata.name);
    return {
        ...base,
        workload: found,
        other: other && describe(other),
        difference,
        withReplicas,
        differingMaps: wantedMaps.filter((_, index) => maps[index]),
        unneededMaps: mapNames.filter((map) => isConfigMapOf(name, map) && !wantedMaps.includes(map)),
        claims: claims.filter(({ isTerminating }) => !isTerminating).map((claim) => claim.name),
    };
}

/** Whether another writer, for example an autoscaler, changed the number of replicas since the argument was applied. */
function keepsReplicas(object: KubernetesObject, { args }: DesiredNode, previous: PreviousNode | undefined): boolean {
    const managers = managersOf(object, ["spec", "replicas"]);
    const isForeign = managers.length > 0 && !managers.includes(fieldManager);
    return isForeign && previous !== undefined && previous.desired.args.replicas === args.replicas;
}

/** Asks the API server what the application of an object would change. */
async function tryApply(
    cluster: Cluster,
    object: KubernetesObject,
    found: KubernetesObject | undefined,
    signal: AbortSignal,
): Promise<Difference> {
    if (found === undefined) return nothing.difference;
    try {
        return differenceOf(found, await applyObject(cluster, object, { force: true, dryRun: true, signal }));
    } catch (error) {
        if (!isClusterError(error, "invalid")) throw error;
        return { is: isAboutImmutable(error.why) ? "immutable" : "invalid", why: error.why };
    }
}

async function mapDiffers(cluster: Cluster, map: KubernetesObject, signal: AbortSignal): Promise<boolean> {
    const { namespace = "", name } = map.metadata;
    const found = await getObject(cluster, { kind: "ConfigMap", namespace, name }, signal);
    if (found === undefined) return true;
    return (await tryApply(cluster, map, found, signal)).is !== "same";
}

interface WorkloadSpec {
    readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
    readonly volumeClaimTemplates?: readonly {
        readonly spec?: { readonly resources?: { readonly requests?: { readonly storage?: string } } };
    }[];
}

function describe({ kind, uid, replicas, readyReplicas, object }: Workload): FoundWorkload {
    const { template, volumeClaimTemplates } = (object.spec ?? {}) as WorkloadSpec;
    const managers = object.metadata.managedFields ?? [];
    return {
        kind,
        uid,
        owner: ownerOf(object.metadata.annotations),
        isApplied: managers.some(({ manager, operation }) => manager === fieldManager && operation === "Apply"),
        replicas,
        readyReplicas,
        podLabels: template?.metadata?.labels ?? {},
        storage: volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage,
    };
}
