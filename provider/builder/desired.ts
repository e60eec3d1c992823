import type { DriverOptions } from "../buildx/driverOptions";
import { withDefaultEntitlement } from "../buildx/flags";
import { canonicalName, containerName, nodeName, volumeName } from "../buildx/names";
import { normalizePlatform, type Platform, parsePlatform } from "../buildx/platform";
import { namesInMirrors } from "../docker/mirrors";
import type { Owner } from "../docker/ownership";
import type { TlsArguments } from "../docker/tls";
import { noFiles, type NodeFiles } from "./files";
import { type BuilderInputs, defaults, type NodeInputs } from "./inputs";
import { type Settings, settingsOfOptions } from "./settings";

/** A builder as the program asks for it, every default filled in. */
export interface Desired {
    readonly name: string;
    /** To whom its containers and volumes belong. */
    readonly owner: Owner;
    readonly nodes: readonly DesiredNode[];
    /** Take over a builder of that name which someone else made. */
    readonly adopt: boolean;
    readonly later: Later;
}

/** What no container or record shows and a later step goes by. */
export interface Later {
    readonly use: boolean;
    readonly keepState: boolean;
    readonly pull: "missing" | "always";
    /** Platforms that the builder has to offer. */
    readonly requirePlatforms: readonly string[];
    /** Seconds. */
    readonly bootTimeout: number;
    /** Seconds. */
    readonly drainTimeout: number;
}

export interface DesiredNode {
    readonly name: string;
    /** The docker context or host that was asked for; `undefined`: what the docker CLI would use. */
    readonly endpoint: string | undefined;
    readonly tls: TlsArguments | undefined;
    readonly container: string;
    readonly volume: string;
    /** The volume is that of a `BuildKitState`, which makes and removes it. */
    readonly volumeIsStates: boolean;
    readonly options: DriverOptions;
    readonly settings: Settings;
    /** Platforms that the node is preferred for. */
    readonly platforms: readonly Platform[];
    readonly files: NodeFiles;
    /** The names that its image has in the mirrors that its configuration names. */
    readonly imageInMirrors: readonly string[];
}

/**
 * Arguments that `check` has let pass, as the builder that they describe.
 *
 * @param files what `filesOf` has read for each node; left out, none has any.
 */
export function desire(inputs: BuilderInputs, owner: Owner, files: readonly NodeFiles[] = []): Desired {
    const name = builderName(inputs);
    const nodes = nodesOf(inputs).map((node, index) => desireNode(inputs, node, name, index, files[index] ?? noFiles));
    return { name, owner, nodes, adopt: inputs.adopt ?? false, later: laterOf(inputs) };
}

/** The arguments of each node, with the builder's own as their defaults. */
export function nodesOf(inputs: BuilderInputs): readonly NodeInputs[] {
    const { state, endpoint, tls, driverOpts, platforms, buildkitdFlags, buildkitdConfig } = inputs;
    // Without what is not given: the state, where these are kept, has no place for `undefined`.
    const shared = given({ endpoint, tls, driverOpts, platforms, buildkitdFlags, buildkitdConfig });
    if (inputs.nodes === undefined) return [{ ...shared, ...(state && { state }) }].map(withStatesEndpoint);
    return inputs.nodes.map((node) => {
        const ofState = node.state?.endpoint === undefined ? {} : { endpoint: undefined, tls: undefined };
        const env = { ...driverOpts?.env, ...node.driverOpts?.env };
        const options = { ...driverOpts, ...node.driverOpts, ...(Object.keys(env).length > 0 && { env }) };
        const hasOptions = driverOpts !== undefined || node.driverOpts !== undefined;
        return withStatesEndpoint({
            ...shared,
            ...ofState,
            ...given(node),
            ...(hasOptions && { driverOpts: options }),
        });
    });
}

const given = <T extends object>(of: T): Partial<T> =>
    Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as Partial<T>;

/** A node is where its state is, unless it is told to be elsewhere. */
function withStatesEndpoint(node: NodeInputs): NodeInputs {
    const { endpoint = node.state?.endpoint, tls = node.state?.tls, ...others } = node;
    return { ...others, ...(endpoint !== undefined && { endpoint }), ...(tls !== undefined && { tls }) };
}

function desireNode(
    inputs: BuilderInputs,
    node: NodeInputs,
    builder: string,
    index: number,
    files: NodeFiles,
): DesiredNode {
    const { state, driverOpts: options = {}, buildkitdFlags = [], platforms = [] } = node;
    const name = state?.node ?? canonicalName(node.name ?? nodeName(builder, inputs.__nodeIndexes?.[index] ?? index));
    const flags = withDefaultEntitlement(buildkitdFlags, options.network, files.entitlements);
    const { labels = {}, extraHosts = {}, dns = {} } = inputs;
    const settings = settingsOfOptions(options, { flags, labels, extraHosts, dns, files: files.digest });
    return {
        name,
        endpoint: node.endpoint,
        tls: node.tls,
        container: containerName(name),
        volume: volumeName(name),
        volumeIsStates: state !== undefined,
        options,
        settings,
        platforms: platforms.map(parsePlatform),
        files,
        imageInMirrors: namesInMirrors(settings.fixed.image, files.registries),
    };
}

export const laterOf = (inputs: Partial<BuilderInputs>): Later => ({
    use: inputs.use ?? false,
    keepState: inputs.keepState ?? false,
    pull: inputs.pull ?? "missing",
    requirePlatforms: (inputs.requirePlatforms ?? []).map(normalizePlatform),
    bootTimeout: inputs.bootTimeout ?? defaults.bootTimeout,
    drainTimeout: inputs.drainTimeout ?? defaults.drainTimeout,
});

/** The name that the arguments give a builder: its own, else its (first) state's, else the automatic one. */
export function builderName({ name, state, nodes, __autoName }: BuilderInputs): string {
    const ofState = state ?? nodes?.find((node) => node.state !== undefined)?.state;
    return canonicalName(name ?? ofState?.builderName ?? __autoName ?? "");
}
