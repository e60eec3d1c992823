/** Where a node is: its cluster, as the kubeconfig of its arguments names it, and its namespace. */
import { type Cluster, openCluster } from "../../cluster/client";
import { loadKubeconfig, pinnedKubeconfig } from "../../cluster/kubeconfig";
import type { DesiredNode } from "./desired";

export interface Place {
    /** The cluster for messages. */
    readonly where: string;
    readonly context: string;
    /** URL of the API server. */
    readonly server: string;
    readonly namespace: string;
    /** The text of a kubeconfig with this context only. */
    readonly kubeconfig: string;
}

/** What Pulumi's state keeps of a place. */
export type SavedPlace = Pick<Place, "context" | "server" | "namespace">;

export interface ConnectedPlace {
    readonly place: Place;
    readonly cluster: Cluster;
}

/**
 * Opens the cluster of a node. It sends no request.
 *
 * @param pinned the context that the node has in Pulumi's state. The program names none.
 * @throws {KubeconfigError} if the kubeconfig cannot be used.
 */
export async function openPlace(
    { access, namespace }: Pick<DesiredNode, "access" | "namespace">,
    pinned: string | undefined,
): Promise<ConnectedPlace> {
    const kubeconfig = await loadKubeconfig({ ...access, context: access.context ?? pinned });
    const cluster = await openCluster(kubeconfig);
    const { context, server } = kubeconfig;
    return {
        cluster,
        place: {
            where: cluster.where,
            context,
            server,
            namespace: namespace ?? kubeconfig.namespace,
            kubeconfig: pinnedKubeconfig(kubeconfig),
        },
    };
}
