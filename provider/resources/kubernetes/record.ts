/** The record in which buildx stores a builder of its `kubernetes` driver. */
import type { NodeGroup, StoredNode } from "../../buildx/store";
import type { WorkloadKind } from "../../cluster/workloads";
import { eachPlatformOnce } from "../builder/record";
import type { KubernetesResources, KubernetesToleration } from "./args";
import type { DesiredNode } from "./desired";

export const driver = "kubernetes";

/** A node, and what its record needs to know of the cluster. */
export interface RecordedNode {
    readonly desired: DesiredNode;
    readonly namespace: string;
    /** Absolute path of the kubeconfig. */
    readonly kubeconfig: string;
    /** The kind of a workload that exists. */
    readonly kind: WorkloadKind;
    /** The size of the claims of a workload that exists. */
    readonly storage: string | undefined;
}

/** Returns the record that `docker buildx create`, and then `create --append` for each further node, would write. */
export const recordOf = (name: string, nodes: readonly RecordedNode[]): NodeGroup => ({
    Name: name,
    Driver: driver,
    Nodes: eachPlatformOnce(nodes.map((node) => storedNode(name, node))),
    Dynamic: false,
});

function storedNode(builder: string, node: RecordedNode): StoredNode {
    const { name, platforms, flags, files } = node.desired;
    const parameters = new URLSearchParams({ deployment: name, kubeconfig: node.kubeconfig });
    const stored = Object.entries(files.contents).sort(([a], [b]) => (a < b ? -1 : 1));
    return {
        Name: name,
        Endpoint: `${driver}:///${builder}?${parameters.toString()}`,
        Platforms: platforms.length === 0 ? null : [...platforms],
        DriverOpts: storedOptions(node),
        Flags: flags.length === 0 ? null : [...flags],
        Files:
            stored.length === 0
                ? null
                : Object.fromEntries(stored.map(([path, content]) => [path, content.toString("base64")])),
    };
}

/** The size of a claim for a StatefulSet without claims: only with this option, buildx looks for a StatefulSet. */
const anySize = "1Gi";

/** Returns the driver options in the order in which buildx writes them. */
function storedOptions({ desired, namespace, kind, storage }: RecordedNode): Record<string, string> {
    const { args, defaultLoad, timeout } = desired;
    const size = args.persistentVolumeClaim?.storage ?? (kind === "StatefulSet" ? (storage ?? anySize) : undefined);
    const options: Record<string, string | undefined> = {
        namespace,
        image: args.image,
        replicas: args.replicas?.toString(),
        ...resources("requests", args.requests),
        ...resources("limits", args.limits),
        nodeselector: pairs(args.nodeSelector),
        tolerations: args.tolerations?.map(tolerationText).join(";"),
        labels: pairs(args.labels),
        annotations: pairs(args.annotations),
        serviceaccount: args.serviceAccount,
        schedulername: args.schedulerName,
        rootless: args.rootless === undefined ? undefined : String(args.rootless),
        "qemu.install": args.qemu?.install === undefined ? undefined : String(args.qemu.install),
        "qemu.image": args.qemu?.image,
        loadbalance: args.loadbalance,
        "persistent-volume-claim.requests.storage": size,
        "default-load": defaultLoad === undefined ? undefined : String(defaultLoad),
        timeout: timeout === undefined ? undefined : `${timeout}s`,
        ...Object.fromEntries(Object.entries(args.env ?? {}).map(([name, value]) => [`env.${name}`, value])),
    };
    const given = Object.entries(options).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return Object.fromEntries(given.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const resources = (prefix: "requests" | "limits", of: KubernetesResources = {}) => ({
    [`${prefix}.cpu`]: of.cpu,
    [`${prefix}.memory`]: of.memory,
    [`${prefix}.ephemeral-storage`]: of.ephemeralStorage,
});

/**
 * Returns `a=b,c=d`, in the same order for every bridge. A value that buildx cannot read in this form is left out: buildx
 * would refuse the record.
 */
function pairs(of: Readonly<Record<string, string>> | undefined): string | undefined {
    const readable = Object.entries(of ?? {})
        .filter(([, value]) => !/[,="]/.test(value))
        .sort(([a], [b]) => (a < b ? -1 : 1));
    return readable.length === 0 ? undefined : readable.map(([key, value]) => `${key}=${value}`).join(",");
}

const tolerationText = (toleration: KubernetesToleration): string =>
    (["key", "operator", "value", "effect", "tolerationSeconds"] as const)
        .filter((key) => toleration[key] !== undefined)
        .map((key) => `${key}=${toleration[key]}`)
        .join(",");
