/** What Pulumi's state stores of a builder: its outputs, and the arguments by which it was created. */
import type { Owner } from "../../ownership";
import type { RemoteInputs, RemoteNodeInputs, UserArgument } from "./args";
import { type RemoteBuilderOutputs, type RemoteNodeOutputs, remoteOutputs } from "./outputs";
import { type Path, secretPaths as pathsOfKeys } from "../../args/secrets";

/**
 * Arguments are stored under their own names, because Pulumi keeps a value secret only at the property where it was
 * given. Three arguments have the name of an output: `__endpoint`, `__platforms` and `__nodes` store these arguments.
 */
export type SavedRemote = RemoteBuilderOutputs &
    KeptArguments & {
        __owner: Owner;
        __endpoint?: string;
        __platforms?: string[];
        /** The resource declares it as secret to Pulumi: it repeats keys. */
        __nodes?: RemoteNodeInputs[];
        __nodeIndexes?: number[];
    };

/** Arguments that have the name of an output. Except for `name`, the state stores them under other keys. */
type MovedArgument = "name" | "endpoint" | "platforms" | "nodes";

const keptArguments = {
    tls: true,
    defaultLoad: true,
    requirePlatforms: true,
    use: true,
    adopt: true,
    bootTimeout: true,
} as const satisfies Record<Exclude<UserArgument, MovedArgument>, true>;

type KeptArgument = keyof typeof keptArguments;
type KeptArguments = Pick<RemoteInputs, KeptArgument>;

const kept = (of: KeptArguments): KeptArguments => {
    const keys = Object.keys(keptArguments) as KeptArgument[];
    return Object.fromEntries(keys.filter((key) => of[key] !== undefined).map((key) => [key, of[key]]));
};

export const toSaved = (
    inputs: RemoteInputs,
    owner: Owner,
    name: string,
    nodes: readonly RemoteNodeOutputs[],
): SavedRemote => ({
    ...kept(inputs),
    ...remoteOutputs(name, [...nodes]),
    __owner: owner,
    ...(inputs.endpoint !== undefined && { __endpoint: inputs.endpoint }),
    ...(inputs.platforms !== undefined && { __platforms: inputs.platforms }),
    ...(inputs.nodes !== undefined && { __nodes: inputs.nodes, __nodeIndexes: inputs.__nodeIndexes ?? [] }),
});

/** Returns the arguments in the state, by which the builder was created. */
export const savedArguments = (state: SavedRemote): RemoteInputs => ({
    ...kept(state),
    name: state.name,
    ...(state.__endpoint !== undefined && { endpoint: state.__endpoint }),
    ...(state.__platforms !== undefined && { platforms: state.__platforms }),
    ...(state.__nodes !== undefined && { nodes: state.__nodes, __nodeIndexes: state.__nodeIndexes ?? [] }),
});

/** Property of a saved builder that repeats the arguments of its nodes. */
export const repeatedArguments = "__nodes";

/** Returns the paths of the secret values in the arguments of a builder, or in what Pulumi saves of a builder. */
export const secretPaths = (of: object): Path[] => [
    ...pathsOfKeys(of),
    ...(repeatedArguments in of ? [[repeatedArguments]] : []),
];
