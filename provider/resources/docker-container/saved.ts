/** What Pulumi's state stores of a builder: its outputs, and the arguments by which it was created. */
import type { FileNames } from "../../buildkit/config/files";
import type { ConfiguredEntitlements } from "../../buildx/entitlements";
import type { Owner } from "../../ownership";
import { builderOutputs, type DescribedNode } from "./node/outputs";
import type { DesiredBuilder, DesiredNode } from "./desired";
import { nodesOf } from "./nodeArgs";
import type { BuilderInputs, NodeInputs, UserArgument } from "./args";
import type { BuilderOutputs } from "../builder/outputs";

/**
 * Arguments are stored under their own names, because Pulumi keeps a value secret only at the property where it was
 * given. Three arguments have the name of an output with another meaning: `__endpoint`, `__platforms` and `__nodes`
 * store these arguments.
 */
export type SavedBuilder = BuilderOutputs &
    KeptArguments & {
        __owner: Owner;
        __endpoint?: string;
        __platforms?: string[];
        /**
         * The arguments of each node, with the builder's own arguments filled in. The resource declares it as secret to
         * Pulumi.
         */
        __nodes?: NodeInputs[];
        __nodeIndexes?: number[];
        /** Digests of the files of nodes, by node. Nodes without files are left out. */
        __files?: Record<string, string>;
        /** Digests of the certificates and keys that keep the paths from an imported builder, by node and path. */
        __fileNames?: Record<string, FileNames>;
        /** Entitlements in the configuration of nodes, by node. The flags of buildkitd depend on them. */
        __entitlements?: Record<string, ConfiguredEntitlements>;
        /** How containers differ from every container of the driver, as a refresh found them, by node. */
        __deviations?: Record<string, string>;
        /**
         * Settings of nodes in which a refresh found that their containers differ from the arguments, by node. The
         * arguments in the state then have the values of the containers.
         */
        __drifted?: Record<string, string[]>;
        /** Whether the builder was taken over and its containers and volumes may have no labels of this package. */
        __adopted?: boolean;
        /** Nodes whose volume existed before the builder. These volumes are kept when the builder is removed. */
        __foundVolumes?: string[];
        /** When the containers were started whose buildkitd reported the values in the outputs, by node. */
        __startedAt?: Record<string, string>;
        /** Nodes for which a refresh found that the image's name now refers to another image. */
        __imageMoved?: string[];
    };

/** Arguments that have the name of an output. Except for `name`, the state stores them under other keys. */
type MovedArgument = "name" | "endpoint" | "platforms" | "nodes";

const keptArguments = {
    state: true,
    tls: true,
    driverOpts: true,
    buildkitdFlags: true,
    buildkitdConfig: true,
    use: true,
    keepState: true,
    adopt: true,
    pull: true,
    requirePlatforms: true,
    gc: true,
    extraHosts: true,
    dns: true,
    labels: true,
    bootTimeout: true,
    drainTimeout: true,
} as const satisfies Record<Exclude<UserArgument, MovedArgument>, true>;

type KeptArgument = keyof typeof keptArguments;
type KeptArguments = Pick<BuilderInputs, KeptArgument>;

const kept = (of: KeptArguments): KeptArguments => {
    const keys = Object.keys(keptArguments) as KeptArgument[];
    return Object.fromEntries(keys.filter((key) => of[key] !== undefined).map((key) => [key, of[key]]));
};

/** By what a builder is known to belong to a resource. */
export interface Ownership {
    /** The owner in the labels of the builder's containers and volumes. */
    readonly owner: Owner;
    /** Whether the builder's containers and volumes may have no labels. */
    readonly isAdopted: boolean;
    /** Nodes whose volume existed before the builder. These volumes are kept when the builder is removed. */
    readonly foundVolumes: readonly string[];
}

export function toSaved(
    inputs: BuilderInputs,
    { owner, isAdopted, foundVolumes }: Ownership,
    desired: DesiredBuilder,
    nodes: readonly DescribedNode[],
): SavedBuilder {
    return {
        ...kept(inputs),
        ...describedInState(desired.name, nodes),
        __owner: owner,
        ...(inputs.endpoint !== undefined && { __endpoint: inputs.endpoint }),
        ...(inputs.platforms !== undefined && { __platforms: inputs.platforms }),
        ...(inputs.nodes !== undefined && { __nodes: [...nodesOf(inputs)], __nodeIndexes: inputs.__nodeIndexes ?? [] }),
        ...digestsInState(desired.nodes.map(({ name, files }) => [name, files.digest])),
        ...fileNamesInState(desired.nodes),
        ...entitlementsInState(desired.nodes),
        ...(isAdopted && { __adopted: true }),
        __foundVolumes: [...foundVolumes],
    };
}

/** Returns the outputs of a builder, and when its containers were started. */
export function describedInState(
    name: string,
    nodes: readonly DescribedNode[],
): BuilderOutputs & Pick<SavedBuilder, "__startedAt"> {
    const starts = nodes.flatMap(({ outputs, startedAt }) => (startedAt ? [[outputs.name, startedAt] as const] : []));
    return {
        ...builderOutputs(
            name,
            nodes.map(({ outputs }) => outputs),
        ),
        __startedAt: Object.fromEntries(starts),
    };
}

export function digestsInState(
    digests: readonly (readonly [node: string, digest: string])[],
): Pick<SavedBuilder, "__files"> {
    const files = Object.fromEntries(digests.filter(([, digest]) => digest !== ""));
    return Object.keys(files).length === 0 ? {} : { __files: files };
}

function fileNamesInState(nodes: readonly DesiredNode[]): Pick<SavedBuilder, "__fileNames"> {
    const named = nodes.filter(({ files }) => Object.keys(files.names).length > 0);
    return named.length === 0
        ? {}
        : { __fileNames: Object.fromEntries(named.map(({ name, files }) => [name, files.names])) };
}

function entitlementsInState(nodes: readonly DesiredNode[]): Pick<SavedBuilder, "__entitlements"> {
    const said = nodes.filter(({ files }) => files.entitlements.networkHost || files.entitlements.none);
    return said.length === 0
        ? {}
        : { __entitlements: Object.fromEntries(said.map(({ name, files }) => [name, files.entitlements])) };
}

/** Returns the arguments in the state, by which the builder was created. */
export const savedArguments = (state: SavedBuilder): BuilderInputs => ({
    ...kept(state),
    name: state.name,
    ...(state.__endpoint !== undefined && { endpoint: state.__endpoint }),
    ...(state.__platforms !== undefined && { platforms: state.__platforms }),
    ...(state.__nodes !== undefined && { nodes: state.__nodes, __nodeIndexes: state.__nodeIndexes ?? [] }),
});
