import { hasUnknown, unknown } from "../../../args/unknown";
import { volumeName } from "../../../buildx/names";
import { formatPath } from "../../../text/quote";
import type { BuilderInputs, NodeInputs } from "../args";
import { nodeOfState, nodesOf } from "../nodeArgs";

/** A `BuildKitState` that a node of a builder uses. */
export interface UsedState extends Pick<NodeInputs, "endpoint" | "tls"> {
    /** Path of the argument that selects the state: `state`, or `nodes[0].state`. */
    readonly property: string;
    readonly volume: string;
}

/** Returns the states that a builder uses. States with an unknown builder or an unknown engine are left out. */
export function usedStates(inputs: BuilderInputs): UsedState[] {
    const nodes = inputs.nodes as unknown;
    if (nodes !== undefined && !Array.isArray(nodes)) return []; // not known yet
    // All other arguments may be unknown.
    const part = ({ state, endpoint, tls }: NodeInputs) =>
        Object.fromEntries(Object.entries({ state, endpoint, tls }).filter(([, value]) => value !== undefined));
    const ofNodes = nodes?.map((node: NodeInputs) => (typeof node === "object" ? part(node) : {}));
    const found = nodesOf({ ...part(inputs), ...(ofNodes && { nodes: ofNodes }) });
    return found.flatMap(({ state, endpoint, tls }, index): UsedState[] => {
        if (typeof state !== "object" || hasUnknown([state.builderName, endpoint, tls])) return [];
        // The node of a state that does not exist yet is known at preview only if the user set it.
        const { builderName, node } = state;
        const name = nodeOfState(node === undefined || node === unknown ? { builderName } : state);
        return [
            {
                property: formatPath(nodes === undefined ? ["state"] : ["nodes", index, "state"]),
                volume: volumeName(name),
                ...(endpoint !== undefined && { endpoint }),
                ...(tls !== undefined && { tls }),
            },
        ];
    });
}
