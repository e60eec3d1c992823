/**
 * The forms of arguments in the schema, where they differ from the arguments of a lifecycle: an argument of two forms is
 * two properties, and a resource as an argument arrives as its id.
 */
import { configForms, gcForms, mergeForms, separateForms } from "../../args/forms";
import type { Path } from "../../args/secrets";
import { unknown } from "../../args/unknown";
import { type KnownStates, whyNoState } from "./knownStates";

type Properties = Readonly<Record<string, unknown>>;

/** How a resource writes its arguments in the schema. */
export interface Forms {
    /** Returns the arguments as the lifecycle takes them. */
    readonly toArgs: (properties: Properties, states: KnownStates) => Record<string, unknown>;
    /** Returns arguments of the lifecycle as the schema has them. */
    readonly toProperties: (args: Properties) => Properties;
    /** Returns the path of an argument of the lifecycle as the schema has it, from the new and the old properties. */
    readonly toPath: (path: string, news: Properties, olds: Properties) => string;
}

const nodeToArgs = (states: KnownStates) => (node: unknown) => {
    if (typeof node !== "object" || node === null) return node;
    return withState(mergeForms(node as Properties, configForms), states);
};

/** Returns properties with the values of a state in place of the id of its resource. */
function withState(properties: Properties, states: KnownStates): Record<string, unknown> {
    const { state } = properties;
    if (typeof state !== "string" || state === unknown) return properties;
    return { ...properties, state: states.find(state) };
}

/** Returns arguments with the id of a state in place of its values. */
function withStateId(args: Properties): Properties {
    const { state } = args;
    if (typeof state !== "object" || state === null) return args;
    return { ...args, state: (state as { volumeName?: unknown }).volumeName };
}

const nodeToProperties = (node: unknown) => withStateId(separateForms(node as Properties, configForms));

const mapNodes = ({ nodes, ...others }: Properties, map: (node: unknown) => unknown): Record<string, unknown> =>
    Array.isArray(nodes) ? { ...others, nodes: nodes.map(map) } : nodes === undefined ? others : { ...others, nodes };

const builder: Forms = {
    toArgs: (properties, states) =>
        mapNodes(withState(mergeForms(mergeForms(properties, gcForms), configForms), states), nodeToArgs(states)),
    toProperties: (args) =>
        mapNodes(withStateId(separateForms(separateForms(args, gcForms), configForms)), nodeToProperties),
    toPath(path, news, olds) {
        const [, prefix = "", index, rest = ""] = /^(nodes\[(\d+)\]\.)?(.*)$/s.exec(path) ?? [];
        const found = [gcForms, configForms].find(({ argument }) => rest.match(/^[^.[]*/)?.[0] === argument);
        if (found === undefined) return path;
        const { argument, property } = found;
        const [now, before] = [news, olds].map((of) => (index === undefined ? of : nodeAt(of, Number(index))));
        const shown = [now, before].find((of) => of?.[argument] !== undefined || of?.[property] !== undefined);
        return shown?.[property] === undefined ? path : `${prefix}${property}${rest.slice(argument.length)}`;
    },
};

const nodeAt = ({ nodes }: Properties, index: number): Properties | undefined =>
    Array.isArray(nodes) ? (nodes[index] as Properties | undefined) : undefined;

const archive: Forms = { toArgs: withState, toProperties: withStateId, toPath: (path) => path };

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
    KubernetesBuilder: builder,
    QemuEmulation: same,
    RemoteBuilder: same,
} as const;

/**
 * Returns the paths of the arguments in a saved resource that may have been secrets at another property. Pulumi keeps a
 * value secret only at the property where the program gave it, and a lifecycle saves the second form of an argument at
 * the property of the first form.
 */
export const secretForms = (saved: Properties): Path[] =>
    [gcForms, configForms]
        .filter(({ argument, isSecond }) => isSecond(saved[argument]))
        .map(({ argument }) => [argument]);

/** Returns what is wrong with the ids of states in the properties of a resource. */
export function failuresOfStates({ state, nodes }: Properties): { property: string; reason: string }[] {
    const ofNodes = Array.isArray(nodes) ? (nodes as (Properties | null)[]).map((node) => node?.state) : [];
    const ids = [["state", state] as const, ...ofNodes.map((id, index) => [`nodes[${index}].state`, id] as const)];
    return ids.flatMap(([property, id]) => {
        const reason = typeof id === "string" ? whyNoState(id) : undefined;
        return reason === undefined ? [] : [{ property, reason }];
    });
}
