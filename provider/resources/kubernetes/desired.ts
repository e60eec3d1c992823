import type { KubeconfigSource } from "../../cluster/kubeconfig";
import type { WorkloadKind } from "../../cluster/workloads";
import type { Owner } from "../../ownership";
import { normalizePlatform, type Platform, parsePlatform } from "../../text/platform";
import { withDefaultEntitlement } from "../../buildx/entitlements";
import { defaults, type KubernetesInputs, type KubernetesNodeInputs } from "./args";
import { noFiles, type NodeFiles } from "./configFiles";
import { builderName, type NodeInArgs, nodesInArgs, objectNameOf } from "./nodeArgs";

/** A builder as the program describes it, with all defaults filled in. */
export interface DesiredKubernetes {
    readonly name: string;
    /** The owner of the builder's objects in the cluster. */
    readonly owner: Owner;
    readonly nodes: readonly DesiredNode[];
    /** Whether to take over an existing builder of that name that this resource did not create. */
    readonly adopt: boolean;
    readonly savedOnly: SavedOnly;
    /** The arguments as the program has them. */
    readonly args: KubernetesInputs;
}

/** Settings that neither the cluster nor buildx's record stores. Pulumi's state keeps them for later steps. */
export interface SavedOnly {
    readonly use: boolean;
    readonly keepState: boolean;
    /** Platforms that the builder must offer. */
    readonly requirePlatforms: readonly string[];
    /** In seconds. */
    readonly bootTimeout: number;
}

export interface DesiredNode {
    readonly name: string;
    /** Position in the argument `nodes`. `undefined` for the single node of a builder without `nodes`. */
    readonly position: number | undefined;
    readonly access: KubeconfigSource;
    /** `undefined`: the namespace of the context. */
    readonly namespace: string | undefined;
    /** Name of the workload in the cluster. */
    readonly workload: string;
    /** The kind of a workload that this package creates. `undefined`: a workload that exists, of any kind. */
    readonly kind: WorkloadKind | undefined;
    /** The node's arguments, with the builder's arguments as defaults. */
    readonly args: KubernetesNodeInputs;
    readonly image: string;
    /** Arguments of buildkitd, as buildx's record has them. */
    readonly flags: readonly string[];
    /** Platforms that the node is preferred for. */
    readonly platforms: readonly Platform[];
    readonly files: NodeFiles;
    readonly defaultLoad: boolean | undefined;
    /** `bootTimeout`, if the program sets it. In seconds. */
    readonly timeout: number | undefined;
    /** Time that running builds have before their pod ends. In seconds. */
    readonly drainTimeout: number;
}

/**
 * Returns the builder that a program's arguments describe. The arguments must have passed `check`.
 *
 * @param files the files that `configFilesOf` read, by the node's name. @default no files
 */
export const desiredKubernetes = (
    inputs: KubernetesInputs,
    owner: Owner,
    files: ReadonlyMap<string, NodeFiles> = new Map(),
): DesiredKubernetes => ({
    name: builderName(inputs),
    owner,
    nodes: nodesInArgs(inputs).map((node) => desiredNode(inputs, node, files.get(node.name) ?? noFiles)),
    adopt: inputs.adopt ?? false,
    savedOnly: {
        use: inputs.use ?? false,
        keepState: inputs.keepState ?? false,
        requirePlatforms: (inputs.requirePlatforms ?? []).map(normalizePlatform),
        bootTimeout: inputs.bootTimeout ?? defaults.bootTimeout,
    },
    args: inputs,
});

function desiredNode(inputs: KubernetesInputs, { name, position, args }: NodeInArgs, files: NodeFiles): DesiredNode {
    const { kubeconfig, context, namespace, workload, persistentVolumeClaim: claim, rootless = false } = args;
    const flags =
        workload === undefined ? withDefaultEntitlement(args.buildkitdFlags ?? [], undefined, files.entitlements) : [];
    return {
        name,
        position,
        access: { kubeconfig, context },
        namespace,
        workload: workload ?? objectNameOf(name),
        kind: workload !== undefined ? undefined : claim === undefined ? "Deployment" : "StatefulSet",
        args,
        image: args.image ?? (rootless ? defaults.rootlessImage : defaults.image),
        flags,
        platforms: (args.platforms ?? []).map(parsePlatform),
        files,
        defaultLoad: inputs.defaultLoad,
        timeout: inputs.bootTimeout,
        drainTimeout: inputs.drainTimeout ?? defaults.drainTimeout,
    };
}
