/** Observes what exists of a node in its cluster. Nothing is changed: the API server answers what a change would do. */
import { fieldManager, managersOf } from "../../cluster/apply";
import type { Cluster } from "../../cluster/client";
import type { KubernetesObject } from "../../cluster/objects";
import { getWorkload, listClaims, type Workload, type WorkloadKind } from "../../cluster/workloads";
import { type Owner, ownerOf } from "../../ownership";
import type { DesiredNode } from "./desired";
import type { Difference } from "./differences";
import { isAppliedHere, listMaps, observeMap, tryWorkload } from "./tryApply";
import { manifestsOf } from "./manifests";
import type { Place } from "./place";
import { stateVolume } from "./pod";
import type { PreviousNode } from "./previous";

/** A node of the program, and what exists of it. */
export interface ObservedNode {
    readonly desired: DesiredNode;
    readonly previous: PreviousNode | undefined;
    /** `undefined` if the kubeconfig cannot be used. */
    readonly place: Place | undefined;
    /** Why the cluster could not be read. The rest is then unknown. */
    readonly error: Error | undefined;
    /** Which rights this user does not have in the namespace, and how to grant them. `undefined` if none is missing. */
    readonly missingRights: string | undefined;
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
    /** The workloads and ConfigMaps of the node, as the cluster has them. A failed adoption restores them. */
    readonly objects: readonly KubernetesObject[];
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
    /** Whether it creates claims with the name of this package's and buildx's claims. */
    readonly hasStateClaims: boolean;
}

/** A node of which nothing exists. */
export const nothing = {
    error: undefined,
    missingRights: undefined,
    workload: undefined,
    other: undefined,
    difference: { is: "same" },
    withReplicas: true,
    differingMaps: [],
    unneededMaps: [],
    claims: [],
    objects: [],
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
    const claimNames = async () => {
        const found = await listClaims(cluster, namespace, stateVolume, name, signal);
        return found.filter(({ isTerminating }) => !isTerminating).map((claim) => claim.name);
    };
    const [deployment, statefulSet] = await Promise.all([
        getWorkload(cluster, { kind: "Deployment", namespace, name }, signal),
        getWorkload(cluster, { kind: "StatefulSet", namespace, name }, signal),
    ]);
    if (kind === undefined) {
        const found = deployment ?? statefulSet;
        const hasClaims = found?.kind === "StatefulSet" && !isRemoved;
        return { ...base, workload: found && describe(found), claims: hasClaims ? await claimNames() : [] };
    }
    const [own, other] = kind === "Deployment" ? [deployment, statefulSet] : [statefulSet, deployment];
    const withReplicas = own === undefined || !keepsReplicas(own.object, desired, previous);
    const manifests = manifestsOf(desired, namespace, owner, { withReplicas });
    const wanted = isRemoved ? [] : manifests.configMaps;
    const isWanted = (map: KubernetesObject) => wanted.some(({ metadata }) => metadata.name === map.metadata.name);
    const workloads = [own, other].filter((each) => each !== undefined);
    const [found, foundOther] = [own && describe(own), other && describe(other)];
    const [difference, maps, listed, claims] = await Promise.all([
        isRemoved ? nothing.difference : tryWorkload(cluster, manifests.workload, workloads, signal),
        Promise.all(wanted.map((map) => observeMap(cluster, map, signal))),
        listMaps(cluster, place, name, workloads, signal),
        claimNames(),
    ]);
    const unneeded = listed.filter((map) => !isWanted(map));
    return {
        ...base,
        workload: found,
        other: foundOther,
        difference: maps.map((map) => map.difference).find(({ is }) => is === "invalid") ?? difference,
        withReplicas,
        differingMaps: maps.flatMap((map) => (map.difference.is === "same" ? [] : [map.name])),
        unneededMaps: unneeded.map(({ metadata }) => metadata.name),
        claims,
        objects: [...workloads.map(({ object }) => object), ...maps.flatMap((map) => map.found ?? []), ...unneeded],
    };
}

/** Whether another writer, for example an autoscaler, changed the number of replicas since the argument was applied. */
function keepsReplicas(object: KubernetesObject, { args }: DesiredNode, previous: PreviousNode | undefined): boolean {
    const managers = managersOf(object, ["spec", "replicas"]);
    const isForeign = managers.length > 0 && !managers.includes(fieldManager);
    return isForeign && previous !== undefined && previous.desired.args.replicas === args.replicas;
}

interface WorkloadSpec {
    readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
    readonly volumeClaimTemplates?: readonly {
        readonly metadata?: { readonly name?: string };
        readonly spec?: { readonly resources?: { readonly requests?: { readonly storage?: string } } };
    }[];
}

function describe({ kind, uid, replicas, readyReplicas, object }: Workload): FoundWorkload {
    const { template, volumeClaimTemplates } = (object.spec ?? {}) as WorkloadSpec;
    return {
        kind,
        uid,
        owner: ownerOf(object.metadata.annotations),
        isApplied: isAppliedHere(object),
        replicas,
        readyReplicas,
        podLabels: template?.metadata?.labels ?? {},
        storage: volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage,
        hasStateClaims: volumeClaimTemplates?.some(({ metadata }) => metadata?.name === stateVolume) ?? false,
    };
}
