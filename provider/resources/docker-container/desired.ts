import type { DriverOptions } from "../../buildx/driverOptions";
import { withDefaultEntitlement } from "../../buildx/entitlements";
import { containerName, volumeName } from "../../buildx/names";
import { normalizePlatform, type Platform, parsePlatform } from "../../text/platform";
import { namesInMirrors, type Registries } from "../../buildkit/config/mirrors";
import type { Owner } from "../../ownership";
import type { TlsArguments } from "../../docker/endpoint/tls";
import { defaultPull, type Pull } from "../../args/image";
import { builderName, type NodeInArgs, nodesInArgs } from "./nodeArgs";
import { noFiles, type NodeFiles } from "./node/files";
import { type BuilderInputs, defaults } from "./args";
import type { WrittenArguments } from "./node/written";
import { type Settings, settingsOfOptions } from "./node/settings";

/** A builder as the program describes it, with all defaults filled in. */
export interface DesiredBuilder {
    readonly name: string;
    /** The owner of the builder's containers and volumes. */
    readonly owner: Owner;
    readonly nodes: readonly DesiredNode[];
    /** Whether to take over an existing builder of that name that this resource did not create. */
    readonly adopt: boolean;
    readonly savedOnly: SavedOnly;
}

/** Settings that neither a container nor buildx's record stores. Pulumi's state keeps them for later steps. */
export interface SavedOnly {
    readonly use: boolean;
    readonly keepState: boolean;
    readonly pull: Pull;
    /** Platforms that the builder must offer. */
    readonly requirePlatforms: readonly string[];
    /** In seconds. */
    readonly bootTimeout: number;
    /** In seconds. */
    readonly drainTimeout: number;
}

export interface DesiredNode {
    readonly name: string;
    /** The docker context or host from the arguments; `undefined`: the endpoint that the docker CLI uses. */
    readonly endpoint: string | undefined;
    readonly tls: TlsArguments | undefined;
    readonly container: string;
    readonly volume: string;
    /** Whether a `BuildKitState` creates and removes the volume. */
    readonly isStateVolume: boolean;
    readonly options: DriverOptions;
    readonly settings: Settings;
    /** Platforms that the node is preferred for. */
    readonly platforms: readonly Platform[];
    readonly files: NodeFiles;
    /** The names of the node's image in the mirrors from the node's configuration. */
    readonly imageInMirrors: readonly string[];
    readonly written: WrittenArguments;
}

/**
 * Returns the builder that a program's arguments describe. The arguments must have passed `check`.
 *
 * @param files the files that `filesOf` read, by the node's name. @default no files
 */
export function desiredBuilder(
    inputs: BuilderInputs,
    owner: Owner,
    files: ReadonlyMap<string, NodeFiles> = new Map(),
): DesiredBuilder {
    const nodes = nodesInArgs(inputs).map((node) => desiredNode(inputs, node, files.get(node.name) ?? noFiles));
    return { name: builderName(inputs), owner, nodes, adopt: inputs.adopt ?? false, savedOnly: savedOnlyOf(inputs) };
}

function desiredNode(inputs: BuilderInputs, { name, position, args, own }: NodeInArgs, files: NodeFiles): DesiredNode {
    const { state, driverOpts: options = {}, buildkitdFlags = [], platforms = [] } = args;
    const flags = withDefaultEntitlement(buildkitdFlags, options.network, files.entitlements);
    const { labels = {}, extraHosts = {}, dns = {} } = inputs;
    const settings = settingsOfOptions(options, { flags, labels, extraHosts, dns, files: files.digest });
    return {
        name,
        endpoint: args.endpoint,
        tls: args.tls,
        container: containerName(name),
        volume: volumeName(name),
        isStateVolume: state !== undefined,
        options,
        settings,
        platforms: platforms.map(parsePlatform),
        files,
        imageInMirrors: namesInMirrors(settings.fixed.image, files.registries),
        written: { all: { ...inputs, ...args }, own, ofBuilder: inputs, position },
    };
}

/**
 * Returns a builder with the names that the nodes' images have in mirrors.
 *
 * @param registries the registries in the configuration of each node, by the node's name.
 */
export function withRegistries(builder: DesiredBuilder, registries: ReadonlyMap<string, Registries>): DesiredBuilder {
    const nodes = builder.nodes.map((node): DesiredNode => {
        return { ...node, imageInMirrors: namesInMirrors(node.settings.fixed.image, registries.get(node.name) ?? {}) };
    });
    return { ...builder, nodes };
}

const savedOnlyOf = (inputs: BuilderInputs): SavedOnly => ({
    use: inputs.use ?? false,
    keepState: inputs.keepState ?? false,
    pull: inputs.pull ?? defaultPull,
    requirePlatforms: (inputs.requirePlatforms ?? []).map(normalizePlatform),
    bootTimeout: inputs.bootTimeout ?? defaults.bootTimeout,
    drainTimeout: inputs.drainTimeout ?? defaults.drainTimeout,
});
