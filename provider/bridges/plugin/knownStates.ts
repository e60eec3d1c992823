/** The states of the program that Pulumi is running. A resource as an argument arrives as its id alone. */
import { canonicalName, nodeName, volumeName } from "../../buildx/names";
import { hasUnknown, unknown } from "../../args/unknown";

/** The values that another resource takes from a state. */
export interface StateValues {
    readonly builderName: string;
    readonly node: string;
    readonly volumeName: string;
    readonly endpoint?: unknown;
    readonly tls?: unknown;
}

export interface KnownStates {
    /** Remembers a state. A state with a value that is not known yet is remembered once the value is known. */
    readonly add: (urn: string, properties: Record<string, unknown>) => void;
    /** Returns the id of a state: the given one, or if that is unknown, the id that the state will have. */
    readonly idOf: (urn: string, id: unknown) => unknown;
    /**
     * Remembers the states in a saved resource, unless they are known already. A refresh does not check the states of
     * the program.
     */
    readonly addFrom: (saved: Record<string, unknown>) => void;
    /** Returns the values of a state. A state of another program is known by its volume alone. */
    readonly find: (volume: string) => StateValues;
}

export function knownStates(): KnownStates {
    const states = new Map<string, StateValues>();
    const volumes = new Map<string, string>();
    return {
        add(urn, { builderName, node, endpoint, tls }) {
            volumes.delete(urn);
            if (typeof builderName !== "string" || hasUnknown([builderName, node, endpoint, tls])) return;
            const name = canonicalName(builderName);
            const own = typeof node === "string" ? canonicalName(node) : nodeName(name, 0);
            const volume = volumeName(own);
            volumes.set(urn, volume);
            states.set(volume, {
                builderName: name,
                node: own,
                volumeName: volume,
                ...(endpoint !== undefined && { endpoint }),
                ...(tls !== undefined && { tls }),
            });
        },
        idOf: (urn, id) => (id === unknown ? (volumes.get(urn) ?? id) : id),
        addFrom({ state, __nodes: nodes }) {
            const ofNodes = Array.isArray(nodes) ? (nodes as { state?: unknown }[]).map((node) => node.state) : [];
            for (const each of [state, ...ofNodes] as (StateValues | undefined)[]) {
                if (typeof each === "object" && !states.has(each.volumeName)) states.set(each.volumeName, each);
            }
        },
        find: (volume) => states.get(volume) ?? ofVolume(volume),
    };
}

const volumePattern = /^buildx_buildkit_(.+)_state$/;

/** Returns why a text is not the id of a state; `undefined` if it may be one. */
export const whyNoState = (id: string): string | undefined =>
    id === unknown || volumePattern.test(id)
        ? undefined
        : `"${id}" is not a valid state: must be a BuildKitState, or its id, which is the name of a builder's volume, ` +
          'for example "buildx_buildkit_ci0_state"';

/** Returns the values of a state that only its volume tells: `buildx_buildkit_<node>_state`. */
function ofVolume(volume: string): StateValues {
    const node = volumePattern.exec(volume)?.[1] ?? volume;
    return { builderName: node.replace(/\d$/, ""), node, volumeName: volume };
}
