import type { DriverOptions } from "../buildx/driverOptions";
import { toStoredDriverOptions } from "../buildx/driverOptions";
import { withDefaultEntitlement } from "../buildx/flags";
import { canonicalName, containerName, nodeName, volumeName } from "../buildx/names";
import { type Platform, parsePlatform } from "../buildx/platform";
import { driver, type NodeGroup } from "../buildx/store";
import type { Owner } from "../docker/ownership";
import { type BuilderInputs, defaults } from "./inputs";
import { type Settings, settingsOfOptions } from "./settings";

/** A builder as the program asks for it, every default filled in. */
export interface Desired {
    readonly identity: Identity;
    /** To whom its container and volume belong. */
    readonly owner: Owner;
    readonly nodes: readonly DesiredNode[];
    /** Take over a builder of that name which someone else made. */
    readonly adopt: boolean;
    readonly later: Later;
}

/** What makes it this builder and no other. */
export interface Identity {
    readonly name: string;
    /** The docker context or host that was asked for; `undefined`: what the docker CLI would use. */
    readonly endpoint: string | undefined;
    /** The node whose state it works on, by which its container and volume are named. */
    readonly node: string;
}

/** What no container or record shows and a later step goes by. */
export interface Later {
    readonly use: boolean;
    readonly keepState: boolean;
    readonly pull: "missing" | "always";
    /** Seconds. */
    readonly bootTimeout: number;
    /** Seconds. */
    readonly drainTimeout: number;
}

export interface DesiredNode {
    readonly name: string;
    readonly container: string;
    readonly volume: string;
    /** The volume is that of a `BuildKitState`, which makes and removes it. */
    readonly volumeIsStates: boolean;
    readonly options: DriverOptions;
    readonly settings: Settings;
    /** Platforms that the node is preferred for. */
    readonly platforms: readonly Platform[];
}

/** Arguments that `check` has let pass, as the builder that they describe. */
export function desire(inputs: BuilderInputs, owner: Owner): Desired {
    const name = builderName(inputs);
    const options = inputs.driverOpts ?? {};
    const flags = withDefaultEntitlement(inputs.buildkitdFlags ?? [], options.network);
    const node = inputs.state?.node ?? nodeName(name, 0);
    return {
        identity: { name, endpoint: inputs.endpoint ?? inputs.state?.endpoint, node },
        owner,
        nodes: [
            {
                name: node,
                container: containerName(node),
                volume: volumeName(node),
                volumeIsStates: inputs.state !== undefined,
                options,
                settings: settingsOfOptions(options, flags, inputs.labels ?? {}),
                platforms: (inputs.platforms ?? []).map(parsePlatform),
            },
        ],
        adopt: inputs.adopt ?? false,
        later: laterOf(inputs),
    };
}

export const laterOf = (inputs: Partial<BuilderInputs>): Later => ({
    use: inputs.use ?? false,
    keepState: inputs.keepState ?? false,
    pull: inputs.pull ?? "missing",
    bootTimeout: inputs.bootTimeout ?? defaults.bootTimeout,
    drainTimeout: inputs.drainTimeout ?? defaults.drainTimeout,
});

/** The name that the arguments give a builder: its own, else its state's, else the automatic one. */
export const builderName = ({ name, state, __autoName }: BuilderInputs): string =>
    canonicalName(name ?? state?.builderName ?? __autoName ?? "");

/**
 * The record with which buildx knows the builder.
 *
 * @param endpoint what buildx stores of the engine: a context's name or a host.
 */
export function recordOf({ identity: { name }, nodes }: Desired, endpoint: string): NodeGroup {
    return {
        Name: name,
        Driver: driver,
        Nodes: nodes.map((node) => ({
            Name: node.name,
            Endpoint: endpoint,
            Platforms: node.platforms.length === 0 ? null : [...node.platforms],
            DriverOpts: toStoredDriverOptions(node.options),
            Flags: node.settings.fixed.flags,
            Files: null,
        })),
        Dynamic: false,
    };
}
