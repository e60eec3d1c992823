/** What Pulumi's state stores of a builder: its outputs, and the arguments by which it was created. */
import type { ConfiguredEntitlements } from "../../buildx/entitlements";
import type { BuilderRecord } from "../../buildx/store";
import { namesInMirrors, type Registries } from "../../buildkit/config/mirrors";
import type { Owner } from "../../ownership";
import { builderOutputs, type DescribedNode } from "./node/outputs";
import { type DesiredBuilder, type DesiredNode, desiredBuilder, savedOnlyOf } from "./desired";
import { nodesOf } from "./nodeArgs";
import { noFiles } from "./node/files";
import type { BuilderInputs, NodeInputs, UserArgument } from "./inputs";
import {
    contextOf,
    type PreviousBuilder,
    observeChoice,
    type PreviousNode,
    type Observed,
    type ObservedNode,
} from "./observe";
import type { BuilderOutputs } from "../builder/outputs";
import { changedFixed, optionsOfSettings } from "./node/settings";
import type { NodeLocation } from "./node/connect";

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
        /** Entitlements in the configuration of nodes, by node. The flags of buildkitd depend on them. */
        __entitlements?: Record<string, ConfiguredEntitlements>;
        /** How containers differ from every container of the driver, as a refresh found them, by node. */
        __deviations?: Record<string, string>;
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

/** Returns a node as the state has it; `undefined` if the state has no node of that name. */
export function savedNode(state: SavedBuilder | undefined, node: string): DescribedNode | undefined {
    const outputs = state?.nodes.find(({ name }) => name === node);
    return outputs && { outputs, startedAt: state?.__startedAt?.[node] };
}

function digestsInState(digests: readonly (readonly [node: string, digest: string])[]): Pick<SavedBuilder, "__files"> {
    const files = Object.fromEntries(digests.filter(([, digest]) => digest !== ""));
    return Object.keys(files).length === 0 ? {} : { __files: files };
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

/**
 * Returns the builder that the state describes.
 *
 * @param registries the registries in the configuration of each node. Left out if no registry is queried.
 */
export function savedDesired(state: SavedBuilder, registries: readonly Registries[] = []): DesiredBuilder {
    const inputs = savedArguments(state);
    // Each of `__nodes` already includes the builder's own arguments, or the values that a refresh found instead.
    const ofEachNode = { driverOpts: undefined, platforms: undefined, buildkitdFlags: undefined, tls: undefined };
    const asked = inputs.nodes === undefined ? inputs : { ...inputs, ...ofEachNode };
    const entitlements = desiredBuilder(asked, state.__owner).nodes.map(
        ({ name }) => state.__entitlements?.[name] ?? {},
    );
    const desired = desiredBuilder(
        asked,
        state.__owner,
        entitlements.map((each) => ({ ...noFiles, entitlements: each })),
    );
    const nodes = desired.nodes.map((node, index): DesiredNode => {
        const files = state.__files?.[node.name] ?? "";
        const { limits, fixed } = node.settings;
        return {
            ...node,
            files: { ...node.files, digest: files },
            imageInMirrors: namesInMirrors(fixed.image, registries[index] ?? {}),
            settings: { limits, fixed: { ...fixed, files, deviations: state.__deviations?.[node.name] ?? "" } },
        };
    });
    return { ...desired, nodes };
}

export const previousOf = (state: SavedBuilder, desired = savedDesired(state)): PreviousBuilder => ({
    name: state.name,
    nodes: state.nodes.map(({ name, dockerEndpoint: stored, status }, index): PreviousNode => {
        // If a node moved and could not be removed from its old location, its old entry comes after the current one.
        const isNow = state.nodes.findIndex((node) => node.name === name) === index;
        const asked = isNow ? desired.nodes.find((node) => node.name === name) : undefined;
        return {
            name,
            // A node that was removed from the program but could not be deleted has no arguments. Its endpoint is the
            // one in buildx's record.
            endpoint: asked === undefined ? stored : asked.endpoint,
            tls: asked?.tls,
            stored,
            isStateVolume: asked?.isStateVolume ?? false,
            volumeWasThere: state.__foundVolumes?.includes(name) ?? true,
            imageMoved: state.__imageMoved?.includes(name) === true,
            answersSince: status === "running" ? state.__startedAt?.[name] : undefined,
        };
    }),
    savedOnly: savedOnlyOf(savedArguments(state)),
});

/** Returns the builder as it was when the state was written, so that `plan` runs without querying an engine. */
export async function observedInState(
    state: SavedBuilder,
    desired: DesiredBuilder,
    places: readonly NodeLocation[],
    record: BuilderRecord,
    leftAt: readonly (string | undefined)[],
): Promise<Observed> {
    const before = savedDesired(state);
    const ofState = previousOf(state, before);
    const nodes = desired.nodes.map(async (node, index): Promise<ObservedNode> => {
        const location = places[index] as NodeLocation;
        const outputs = state.nodes.find(({ name }) => name === node.name);
        const asked = before.nodes.find(({ name }) => name === node.name);
        const isThere = outputs !== undefined && asked !== undefined && outputs.status !== "inactive";
        const imageMoved = state.__imageMoved?.includes(node.name) === true;
        return {
            stored: location.stored,
            host: location.endpoint.host,
            leftAt: leftAt[index],
            engine: {},
            context: await contextOf(location, state.__owner.urn),
            container: isThere
                ? {
                      isOurs: true,
                      owner: state.__owner,
                      isRunning: outputs.status === "running",
                      hasAnswered: outputs.status === "running",
                      startedAt: state.__startedAt?.[node.name] ?? "",
                      imageMoved,
                      imageDigest: outputs.imageDigest,
                      platforms: outputs.platforms,
                      settings: asked.settings,
                  }
                : undefined,
            volume: { isOurs: true },
            hasImage: true,
            hasNetwork: true,
        };
    });
    return {
        record,
        isContext: false,
        choice: await observeChoice(state.name),
        previous: ofState,
        nodes: await Promise.all(nodes),
        dropped: droppedNodes(ofState, desired, places).map((node) => ({
            node: node.name,
            engineId: undefined,
            container: node.name,
            volume: node.name,
            hasContainer: true,
            containerIsOurs: true,
            isRunning: true,
            hasNext: false,
            volumeIsOurs: true,
            isStateVolume: node.isStateVolume,
            context: undefined,
            stays: false,
        })),
    };
}

/**
 * Returns the nodes that the program no longer has at their location.
 *
 * @param places the places of the desired nodes. `undefined` for an unreachable node, of which therefore nothing is
 *   removed.
 */
export const droppedNodes = (
    { nodes }: PreviousBuilder,
    desired: DesiredBuilder,
    places: readonly (Pick<NodeLocation, "stored"> | undefined)[],
): PreviousNode[] =>
    nodes.filter(
        (node) =>
            !desired.nodes.some(({ name, endpoint }, index) => {
                const location = places[index];
                const isSamePlace =
                    location === undefined || endpoint === node.endpoint || location.stored === node.stored;
                return name === node.name && isSamePlace;
            }),
    );

/** Returns the state with the arguments as the engines show them, so that manual changes become visible. */
export function withFound(state: SavedBuilder, desired: DesiredBuilder, observed: Observed): SavedBuilder {
    const { __imageMoved: _, __files: __, __deviations: ___, ...rest } = state;
    const found = desired.nodes.map((node, index) => ({ node, container: observed.nodes[index]?.container }));
    const moved = found.filter(({ container }) => container?.imageMoved).map(({ node }) => node.name);
    const digests = found.map(({ node, container }) => {
        return [node.name, container?.settings.fixed.files ?? node.files.digest] as const;
    });
    const deviating = found.flatMap(({ node, container }) =>
        container?.settings.fixed.deviations ? [[node.name, container.settings.fixed.deviations] as const] : [],
    );
    const shared = found.reduce((all, { node, container }) => ({ ...all, ...sharedArguments(node, container) }), {});
    const ofNodes = found.map(({ node, container }) => nodeArguments(node, container));
    const { __nodes: asked } = state;
    const single = asked === undefined ? ofNodes[0] : undefined;
    return {
        ...rest,
        ...digestsInState(digests),
        ...(moved.length > 0 && { __imageMoved: moved }),
        ...(deviating.length > 0 && { __deviations: Object.fromEntries(deviating) }),
        ...shared,
        ...single,
        ...(asked !== undefined && { __nodes: asked.map((node, index) => ({ ...node, ...ofNodes[index] })) }),
    };
}

/** Returns the driver options of a node as its container shows them, and buildkitd's flags if they differ. */
function nodeArguments(node: DesiredNode, container: ObservedNode["container"]): Partial<NodeInputs> {
    if (container === undefined) return {};
    const { settings } = container;
    const driverOpts = optionsOfSettings(settings, node.options);
    return {
        ...((Object.keys(node.options).length > 0 || Object.keys(driverOpts).length > 0) && { driverOpts }),
        ...(changedFixed(settings, node.settings).includes("flags") && { buildkitdFlags: settings.fixed.flags }),
    };
}

/** Returns the arguments shared by all nodes that differ from a node's container, with the container's values. */
function sharedArguments(node: DesiredNode, container: ObservedNode["container"]): Partial<BuilderInputs> {
    if (container === undefined) return {};
    const { fixed } = container.settings;
    const changed = changedFixed(container.settings, node.settings);
    return {
        ...(changed.includes("labels") && { labels: fixed.labels }),
        ...(changed.includes("extraHosts") && { extraHosts: fixed.extraHosts }),
        ...(changed.includes("dns") && { dns: fixed.dns }),
    };
}
