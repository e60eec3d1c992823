/**
 * The forms of arguments in the schema, where they differ from the arguments of a lifecycle. A schema has no type of two
 * forms, so it has two properties instead, and a resource as an argument arrives as its id.
 */
import { unknown } from "../../args/unknown";
import { UsageError } from "./errors";
import type { KnownStates } from "./knownStates";

type Properties = Record<string, unknown>;

/** How a resource writes its arguments in the schema. */
export interface Forms {
    /** Returns the arguments as the lifecycle takes them. */
    readonly toArgs: (properties: Properties, states: KnownStates) => Properties;
    /** Returns arguments of the lifecycle as the schema has them. */
    readonly toProperties: (args: Properties) => Properties;
    /** Returns the path of an argument of the lifecycle as the schema has it. */
    readonly toPath: (path: string, properties: Properties) => string;
}

/** Pairs of a property in the schema and the argument that it stands for. */
const gcRules = { property: "gcRules", argument: "gc", isOther: Array.isArray } as const;
const toml = {
    property: "buildkitdToml",
    argument: "buildkitdConfig",
    isOther: (value: unknown) => typeof value === "string",
} as const;

type Pair = typeof gcRules | typeof toml;

/** Returns properties with the argument of a pair in place of its second property. */
function merge(properties: Properties, { property, argument }: Pair): Properties {
    const { [property]: other, ...others } = properties;
    if (other === undefined) return properties;
    if (others[argument] !== undefined)
        throw new UsageError(`${argument} and ${property} are two forms of one setting: set one of them`);
    return { ...others, [argument]: other };
}

function separate(args: Properties, { property, argument, isOther }: Pair): Properties {
    if (!isOther(args[argument])) return args;
    const { [argument]: value, ...others } = args;
    return { ...others, [property]: value };
}

const nodeToArgs = (states: KnownStates) => (node: unknown) => {
    if (typeof node !== "object" || node === null) return node;
    return withState(merge(node as Properties, toml), states);
};

/** Returns properties with the values of a state in place of the id of its resource. */
function withState(properties: Properties, states: KnownStates): Properties {
    const { state } = properties;
    if (typeof state !== "string" || state === unknown) return properties;
    return { ...properties, state: states.find(state) };
}

/** Returns properties with the id of a state in place of its values. */
function withStateId(args: Properties): Properties {
    const { state } = args;
    if (typeof state !== "object" || state === null) return args;
    return { ...args, state: (state as { volumeName: string }).volumeName };
}

const mapNodes = ({ nodes, ...others }: Properties, map: (node: unknown) => unknown): Properties =>
    Array.isArray(nodes) ? { ...others, nodes: nodes.map(map) } : nodes === undefined ? others : { ...others, nodes };

const builder: Forms = {
    toArgs: (properties, states) =>
        mapNodes(withState(merge(merge(properties, gcRules), toml), states), nodeToArgs(states)),
    toProperties: (args) =>
        mapNodes(withStateId(separate(separate(args, gcRules), toml)), (node) =>
            withStateId(separate(node as Properties, toml)),
        ),
    toPath: (path, properties) =>
        path
            .replace(/^gc\b/, properties.gcRules === undefined ? "gc" : "gcRules")
            .replace(
                /^buildkitdConfig\b/,
                properties.buildkitdToml === undefined ? "buildkitdConfig" : "buildkitdToml",
            ),
};

const archive: Forms = {
    toArgs: withState,
    toProperties: withStateId,
    toPath: (path) => path,
};

const same: Forms = {
    toArgs: (properties) => properties,
    toProperties: (args) => args,
    toPath: (path) => path,
};

/** The forms of each resource, by the name of the resource. */
export const forms = {
    BuildxBuilder: builder,
    BuildKitPrune: same,
    BuildKitState: same,
    BuildKitStateArchive: archive,
    QemuEmulation: same,
} as const;
