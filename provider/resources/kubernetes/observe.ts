/** Observes what exists of a builder: its nodes in their clusters, and its record and files on this machine. */
import type { Choice } from "../../buildx/current";
import { type BuilderRecord, readRecord } from "../../buildx/store";
import type { Cluster } from "../../cluster/client";
import { ClusterError } from "../../cluster/error";
import { KubeconfigError } from "../../cluster/kubeconfig";
import { isContext } from "../../docker/endpoint/context";
import { sameOwner } from "../../ownership";
import { observeChoice } from "../builder/choice";
import type { DesiredKubernetes, DesiredNode } from "./desired";
import { observeFiles } from "./files";
import { nothing, observeNode, type ObservedNode } from "./observeNode";
import { type ConnectedPlace, openPlace } from "./place";
import type { PreviousKubernetes, PreviousNode } from "./previous";
import { whyNotAllowed, withRole } from "./rights";

/** What exists of a builder on this machine. */
export interface ObservedMachine {
    readonly record: BuilderRecord;
    /** Whether docker has a context with the builder's name. buildx would use the context as the builder. */
    readonly isContext: boolean;
    /** Whether buildx uses the builder when no builder is named, according to buildx's store. */
    readonly choice: Choice;
    /** The content of the builder's own files, by their paths in buildx's folder. */
    readonly files: ReadonlyMap<string, string | undefined>;
}

export interface ObservedKubernetes extends ObservedMachine {
    /** Whether this resource is known to have begun the builder, although Pulumi's state does not have the builder. */
    readonly isBegun: boolean;
    readonly nodes: readonly ObservedNode[];
    /** Nodes in Pulumi's state that the program no longer has. */
    readonly removed: readonly ObservedNode[];
}

export async function observeMachine(builder: string): Promise<ObservedMachine> {
    const [record, choice, files] = await Promise.all([
        readRecord(builder),
        observeChoice(builder),
        observeFiles(builder),
    ]);
    return { record, isContext: isContext(builder), choice, files };
}

/** What exists of a builder, and the clusters of its nodes by node. */
export interface Observation {
    readonly observed: ObservedKubernetes;
    readonly clusters: ReadonlyMap<string, Cluster>;
}

/**
 * @param options.wasBegun whether an earlier creation of this resource started with the name.
 * @param options.isRemoved whether the builder will be removed: it is then not compared with the program.
 */
export async function observe(
    desired: DesiredKubernetes,
    previous: PreviousKubernetes | undefined,
    signal: AbortSignal,
    { wasBegun = false, isRemoved = false } = {},
): Promise<Observation> {
    const clusters = new Map<string, Cluster>();
    const observeOne = (node: DesiredNode, before: PreviousNode | undefined, isGone = isRemoved) =>
        observeSafely(node, before, desired, { signal, clusters, isRemoved: isGone });
    const gone = (previous?.nodes ?? []).filter(({ name }) => !desired.nodes.some((node) => node.name === name));
    const [machine, nodes, removed] = await Promise.all([
        observeMachine(desired.name),
        Promise.all(
            desired.nodes.map((node) =>
                observeOne(
                    node,
                    previous?.nodes.find(({ name }) => name === node.name),
                ),
            ),
        ),
        Promise.all(gone.map((before) => observeOne(before.desired, before, true))),
    ]);
    const isOurs = nodes.some(({ workload }) => sameOwner(workload?.owner, desired.owner));
    const isBegun = isOurs || (wasBegun && machine.record.is === "present" && machine.record.isOwn);
    return { observed: { ...machine, isBegun, nodes, removed }, clusters };
}

interface Observing {
    readonly signal: AbortSignal;
    /** Receives the cluster of each node. */
    readonly clusters: Map<string, Cluster>;
    readonly isRemoved: boolean;
}

async function observeSafely(
    node: DesiredNode,
    previous: PreviousNode | undefined,
    { owner }: DesiredKubernetes,
    { signal, clusters, isRemoved }: Observing,
): Promise<ObservedNode> {
    const absent = { desired: node, previous, ...nothing };
    let connected: ConnectedPlace | undefined;
    try {
        connected = await openPlace(node, pinnedContext(node, previous));
        clusters.set(node.name, connected.cluster);
        const { cluster, place } = connected;
        const [observed, missingRights] = await Promise.all([
            observeNode(connected, node, previous, owner, signal, { isRemoved }),
            isRemoved ? undefined : whyNotAllowed(cluster, place.namespace, node, signal),
        ]);
        return { ...observed, missingRights };
    } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof KubeconfigError || error instanceof ClusterError)) throw error;
        const namespace = connected?.place.namespace ?? "";
        return { ...absent, place: connected?.place, error: withRole(error, namespace, node) };
    }
}

/** Returns the context that the node was created with, if the program names none and has the same kubeconfig. */
export const pinnedContext = (
    { access }: Pick<DesiredNode, "access">,
    previous: PreviousNode | undefined,
): string | undefined =>
    access.context === undefined && previous?.desired.access.kubeconfig === access.kubeconfig
        ? previous?.place?.context
        : undefined;
