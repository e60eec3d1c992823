/** Objects of Kubernetes, as far as this package reads and writes them. */

/** The kinds that this package reads or writes. */
export type Kind = "Deployment" | "StatefulSet" | "ConfigMap" | "PersistentVolumeClaim" | "Pod" | "Namespace" | "Event";

/** An object of Kubernetes, as plain JSON. */
export interface KubernetesObject {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: Metadata;
    readonly spec?: Readonly<Record<string, unknown>>;
    readonly status?: Readonly<Record<string, unknown>>;
    readonly data?: Readonly<Record<string, string>>;
    readonly binaryData?: Readonly<Record<string, string>>;
}

export interface Metadata {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    /** Set while the object is being removed. */
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
    readonly finalizers?: readonly string[];
    readonly managedFields?: readonly ManagedFields[];
}

/** The fields that one field manager has. */
export interface ManagedFields {
    readonly manager: string;
    /** `Apply` for server-side apply, `Update` for all other writes. */
    readonly operation: "Apply" | "Update";
    /** For example `status` or `scale`. */
    readonly subresource?: string;
    /** The fields as Kubernetes' `FieldsV1` has them, for example `{ "f:spec": { "f:replicas": {} } }`. */
    readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** Which object is meant. */
export interface ObjectReference {
    readonly kind: Kind;
    readonly namespace: string;
    readonly name: string;
}

/** API group and plural of each kind. */
export const kinds: Readonly<Record<Kind, { readonly apiVersion: string; readonly plural: string }>> = {
    Deployment: { apiVersion: "apps/v1", plural: "deployments" },
    StatefulSet: { apiVersion: "apps/v1", plural: "statefulsets" },
    ConfigMap: { apiVersion: "v1", plural: "configmaps" },
    PersistentVolumeClaim: { apiVersion: "v1", plural: "persistentvolumeclaims" },
    Pod: { apiVersion: "v1", plural: "pods" },
    Namespace: { apiVersion: "v1", plural: "namespaces" },
    Event: { apiVersion: "v1", plural: "events" },
};

/** Returns an object as messages name it: `Deployment kube0 in the namespace builds`. */
export const nameOf = ({ kind, namespace, name }: ObjectReference): string =>
    kind === "Namespace" ? `Namespace ${name}` : `${kind} ${name} in the namespace ${namespace}`;

export const referenceTo = ({
    kind,
    metadata: { name, namespace = "default" },
}: KubernetesObject): ObjectReference => ({
    kind: kind as Kind,
    namespace,
    name,
});
