/** The arguments of each node, and the names that the arguments give a builder and its nodes. */
import { canonicalName, nodeName } from "../../buildx/names";
import type { RemoteInputs, RemoteNodeInputs } from "./args";

/** A node in the arguments of a builder. */
export interface NodeInArgs {
    readonly name: string;
    /** Position in the argument `nodes`. `undefined` for the single node of a builder without `nodes`. */
    readonly position: number | undefined;
    /** The node's arguments, with the builder's arguments as defaults. */
    readonly args: RemoteNodeInputs;
}

/** Returns the nodes of a builder, with the builder's arguments as defaults. */
export function nodesInArgs(inputs: RemoteInputs): readonly NodeInArgs[] {
    const { endpoint, tls, platforms, nodes } = inputs;
    const builder = builderName(inputs);
    // Omits arguments that are not given: Pulumi's state keeps the result and cannot store `undefined`.
    const shared = { ...(tls !== undefined && { tls }), ...(platforms !== undefined && { platforms }) };
    if (nodes === undefined) {
        const args = { ...shared, ...(endpoint !== undefined && { endpoint }) };
        return [{ name: nodeName(builder, 0), position: undefined, args }];
    }
    return nodes.map((own, position) => ({
        name: canonicalName(own.name ?? nodeName(builder, inputs.__nodeIndexes?.[position] ?? position)),
        position,
        args: { ...shared, ...own },
    }));
}

/** Returns the builder's name: the argument `name`, or else the automatic name. */
export const builderName = ({ name, __autoName }: RemoteInputs): string => canonicalName(name ?? __autoName ?? "");
