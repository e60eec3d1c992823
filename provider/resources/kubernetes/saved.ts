/** What Pulumi's state stores of a builder: its outputs, and the arguments by which it was created. */
import { type Path, secretPaths as pathsOfKeys } from "../../args/secrets";
import { unknown } from "../../args/unknown";
import { isKubeconfigText } from "../../cluster/kubeconfig";
import type { Owner } from "../../ownership";
import type { KubernetesInputs, KubernetesNodeInputs, UserArgument } from "./args";
import { type KubernetesBuilderOutputs, type KubernetesNodeOutputs, kubernetesOutputs } from "./outputs";
import type { SavedPlace } from "./place";

/**
 * Arguments are stored under their own names, because Pulumi keeps a value secret only at the property where it was
 * given. Two arguments have the name of an output: `__platforms` and `__nodes` store these arguments.
 */
export type SavedKubernetes = KubernetesBuilderOutputs &
    KeptArguments & {
        __owner: Owner;
        __platforms?: string[];
        /** The resource declares it as secret to Pulumi: it repeats kubeconfigs and keys. */
        __nodes?: KubernetesNodeInputs[];
        __nodeIndexes?: number[];
        /** Where each node is, by node. */
        __places: Record<string, SavedPlace>;
        /** Claims that existed before the builder, by node. They are kept when the builder is removed. */
        __foundClaims: Record<string, string[]>;
        /**
         * What the builder was compared with, see `compared.ts`. Absent if it differs, or if that is not known. The
         * resource declares it as secret to Pulumi, because secret arguments are part of it.
         */
        __compared?: string;
    };

/** Arguments that have the name of an output. Except for `name`, the state stores them under other keys. */
type MovedArgument = "name" | "platforms" | "nodes";

const keptArguments = {
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
    buildkitdFlags: true,
    buildkitdConfig: true,
    defaultLoad: true,
    requirePlatforms: true,
    use: true,
    adopt: true,
    gc: true,
    keepState: true,
    bootTimeout: true,
    drainTimeout: true,
} as const satisfies Record<Exclude<UserArgument, MovedArgument>, true>;

type KeptArgument = keyof typeof keptArguments;
type KeptArguments = Pick<KubernetesInputs, KeptArgument>;

const kept = (of: KeptArguments): KeptArguments => {
    const keys = Object.keys(keptArguments) as KeptArgument[];
    return Object.fromEntries(keys.filter((key) => of[key] !== undefined).map((key) => [key, of[key]]));
};

/** What the state keeps of the nodes beside their arguments. */
export interface NodesInState {
    readonly outputs: readonly KubernetesNodeOutputs[];
    readonly places: Readonly<Record<string, SavedPlace>>;
    readonly foundClaims: Readonly<Record<string, readonly string[]>>;
}

/** Returns a saved builder with what it was compared with. */
export function comparedAs({ __compared: _, ...saved }: SavedKubernetes, digest: string | undefined): SavedKubernetes {
    return { ...saved, ...(digest !== undefined && { __compared: digest }) };
}

export const toSaved = (
    inputs: KubernetesInputs,
    owner: Owner,
    name: string,
    { outputs, places, foundClaims }: NodesInState,
): SavedKubernetes => ({
    ...kept(inputs),
    ...kubernetesOutputs(name, [...outputs]),
    __owner: owner,
    ...(inputs.platforms !== undefined && { __platforms: inputs.platforms }),
    ...(inputs.nodes !== undefined && { __nodes: inputs.nodes, __nodeIndexes: inputs.__nodeIndexes ?? [] }),
    __places: { ...places },
    __foundClaims: Object.fromEntries(Object.entries(foundClaims).map(([node, claims]) => [node, [...claims]])),
});

/** Returns the arguments in the state, by which the builder was created. */
export const savedArguments = (state: SavedKubernetes): KubernetesInputs => ({
    ...kept(state),
    name: state.name,
    ...(state.__platforms !== undefined && { platforms: state.__platforms }),
    ...(state.__nodes !== undefined && { nodes: state.__nodes, __nodeIndexes: state.__nodeIndexes ?? [] }),
});

/** Property of a saved builder that repeats the arguments of its nodes. */
export const repeatedArguments = "__nodes";

/** Property of a saved builder that has a digest of its arguments, which may be secret. */
export const comparedWith = "__compared";

const isSecretText = (value: unknown): boolean =>
    typeof value === "string" && value !== unknown && isKubeconfigText(value);

/** Returns the paths of the secret values in the arguments of a builder, or in what Pulumi saves of a builder. */
export function secretPaths(of: object): Path[] {
    const { kubeconfig, nodes } = of as { kubeconfig?: unknown; nodes?: unknown };
    const each = Array.isArray(nodes) ? (nodes as ({ kubeconfig?: unknown } | null)[]) : [];
    return [
        ...pathsOfKeys(of),
        ...(isSecretText(kubeconfig) ? [["kubeconfig"]] : []),
        ...each.flatMap((node, index) => (isSecretText(node?.kubeconfig) ? [["nodes", index, "kubeconfig"]] : [])),
        ...[repeatedArguments, comparedWith].filter((key) => key in of).map((key) => [key]),
    ];
}
