import type { BuildkitdConfig } from "../../buildkit/config";
import type { GcRule } from "../../buildkit/gc";
import { defaultDrainTimeout } from "../../buildkit/runningBuilds";

/** Resources of a container, in Kubernetes' quantities. */
export interface KubernetesResources {
    /** Processors, for example `"2"` or `"500m"`. */
    cpu?: string;
    /** Memory, for example `"4Gi"`. */
    memory?: string;
    /** Space on the disk of the node, for example `"20Gi"`. */
    ephemeralStorage?: string;
}

/** A taint that the pods tolerate, as Kubernetes writes it. */
export interface KubernetesToleration {
    /** Key of the taint. @default every key, with the operator `"Exists"` */
    key?: string;
    /** `"Equal"` or `"Exists"`. @default "Equal" */
    operator?: string;
    /** Value of the taint. */
    value?: string;
    /** `"NoSchedule"`, `"PreferNoSchedule"` or `"NoExecute"`. @default every effect */
    effect?: string;
    /** Seconds that a pod stays on its node after a taint with the effect `"NoExecute"` was added. @default forever */
    tolerationSeconds?: number;
}

/** Emulators for other platforms. */
export interface KubernetesQemu {
    /** Register emulators on the node of each pod before buildkitd starts. @default false */
    install?: boolean;
    /** Image with the emulators. @default "tonistiigi/binfmt:latest" */
    image?: string;
}

/** The claim on a volume that each pod gets for its state. */
export interface KubernetesClaim {
    /** Size of the volume, for example `"50Gi"`. Existing claims keep their size. */
    storage: string;
    /** Name of the StorageClass. @default the default class of the cluster */
    storageClass?: string;
    /** Access modes of the volume. @default ["ReadWriteOnce"] */
    accessModes?: string[];
    /** Annotations of new claims. */
    annotations?: Record<string, string>;
}

/** Arguments of a node. On the builder itself they are the defaults of all nodes. */
export interface KubernetesNodeArguments {
    /**
     * A kubeconfig: the path of a file, or its text, which is a secret. Its credentials are used as kubectl uses them,
     * exec plugins included.
     * @default what kubectl uses: `$KUBECONFIG`, `~/.kube/config`, or the service account of the pod that runs Pulumi
     */
    kubeconfig?: string;
    /**
     * Context of the kubeconfig. buildx uses the same context, whatever the current context is when it builds
     * (docker/buildx#2069).
     * @default the current context of the kubeconfig
     */
    context?: string;
    /**
     * Namespace of the pods. It has to exist.
     * @default the namespace of the context
     */
    namespace?: string;
    /**
     * BuildKit image.
     * @default `moby/buildkit:buildx-stable-1`, or `moby/buildkit:buildx-stable-1-rootless` with `rootless`
     */
    image?: string;
    /** Environment variables of buildkitd, for example `{ HTTP_PROXY: "http://proxy:3128" }`. */
    env?: Record<string, string>;
    /**
     * Number of pods. If something else changes the number, for example an autoscaler, its number is kept until this
     * argument changes.
     * @default 1
     */
    replicas?: number;
    /** Resources that are reserved for each pod. */
    requests?: KubernetesResources;
    /** Resources that each pod may use at most. */
    limits?: KubernetesResources;
    /** Labels of the machines on which the pods may run, for example `{ "kubernetes.io/arch": "arm64" }`. */
    nodeSelector?: Record<string, string>;
    /** Taints of machines that the pods tolerate. */
    tolerations?: KubernetesToleration[];
    /** Labels of the workload and its pods. The label `app` is reserved for buildx. */
    labels?: Record<string, string>;
    /** Annotations of the workload, its pods and its ConfigMaps. */
    annotations?: Record<string, string>;
    /** Service account of the pods. @default the default account of the namespace */
    serviceAccount?: string;
    /** Scheduler of the pods. @default Kubernetes' own scheduler */
    schedulerName?: string;
    /** Run buildkitd without root privileges, in a container that is not privileged. @default false */
    rootless?: boolean;
    /** Emulators for other platforms. @default none */
    qemu?: KubernetesQemu;
    /**
     * How buildx selects the pod of a build: always the same pod for the same build context (`"sticky"`), or any pod
     * (`"random"`).
     * @default "sticky"
     */
    loadbalance?: "sticky" | "random";
    /**
     * Keep the state of each pod on a volume that outlives the pod. The workload is then a StatefulSet.
     * @default the state is lost with its pod, and the workload is a Deployment
     */
    persistentVolumeClaim?: KubernetesClaim;
    /**
     * A pod template that is merged into the pod template of the workload, for everything that has no argument of its
     * own. Lists of containers, volumes and variables are merged by name, and mounts by path (Kubernetes' strategic
     * merge patch); tolerations are added. The container of buildkitd is named `buildkitd`.
     */
    podTemplate?: Record<string, unknown>;
    /**
     * Name of an existing Deployment or StatefulSet, for example one of `@pulumi/kubernetes` or Helm. It is used
     * as it is, and it is never changed or removed. Its pods need the label `app` with this name, by which buildx finds
     * them, and buildkitd in their first container.
     * @default the workload is created
     */
    workload?: string;
    /** Platforms that buildx prefers the node for, for example `"linux/arm64"` (`docker buildx create --platform`). */
    platforms?: string[];
    /**
     * Command-line arguments of buildkitd, one flag or value per string. As in buildx,
     * `--allow-insecure-entitlement=network.host` is added if neither they nor the configuration name an entitlement.
     * @default ["--allow-insecure-entitlement=network.host"]
     */
    buildkitdFlags?: string[];
    /**
     * Configuration of buildkitd: the content of a `buildkitd.toml`, or the same as an object (`docker buildx create
     * --buildkitd-config`). Certificates and keys that its `registry` tables name, by path or as PEM text, are copied
     * into ConfigMaps.
     * @default `buildkitd.default.toml` in buildx's configuration directory, if the file exists
     */
    buildkitdConfig?: string | BuildkitdConfig;
}

/** One of `nodes`. */
export interface KubernetesNodeInputs extends KubernetesNodeArguments {
    name?: string;
}

/**
 * A builder's arguments as the provider receives them: plain values. At preview, the Pulumi engine sends a constant for
 * each unknown value. Keys that start with two underscores are internal and not shown to users.
 */
export interface KubernetesInputs extends KubernetesNodeArguments {
    name?: string;
    nodes?: KubernetesNodeInputs[];
    defaultLoad?: boolean;
    requirePlatforms?: string[];
    use?: boolean;
    adopt?: boolean;
    gc?: GcRule | GcRule[];
    keepState?: boolean;
    bootTimeout?: number;
    drainTimeout?: number;
    /** The automatic name, for a builder without a name. It is chosen once and kept. */
    __autoName?: string;
    /** The number in the automatic name of each of `nodes`. It is chosen once and kept. */
    __nodeIndexes?: number[];
}

/** The arguments that a user writes. */
export type UserArgument = Exclude<keyof KubernetesInputs, `__${string}`>;

export const defaults = {
    /** In seconds. Machines may have to be added to the cluster first. */
    bootTimeout: 300,
    /** In seconds. */
    drainTimeout: defaultDrainTimeout,
    image: "moby/buildkit:buildx-stable-1",
    rootlessImage: "moby/buildkit:buildx-stable-1-rootless",
    qemuImage: "tonistiigi/binfmt:latest",
} as const;

/** Names of the arguments of a node. */
export const nodeArguments = Object.keys({
    kubeconfig: true,
    context: true,
    namespace: true,
    image: true,
    env: true,
    replicas: true,
    requests: true,
    limits: true,
    nodeSelector: true,
    tolerations: true,
    labels: true,
    annotations: true,
    serviceAccount: true,
    schedulerName: true,
    rootless: true,
    qemu: true,
    loadbalance: true,
    persistentVolumeClaim: true,
    podTemplate: true,
    workload: true,
    platforms: true,
    buildkitdFlags: true,
    buildkitdConfig: true,
} satisfies Record<keyof KubernetesNodeArguments, true>) as (keyof KubernetesNodeArguments)[];
