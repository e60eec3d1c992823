/** The arguments of each node, and the names that the arguments give a builder and its nodes. */
import type { StateReference } from "../../args/stateReference";
import { canonicalName, nodeName } from "../../buildx/names";
import type { BuilderInputs, NodeInputs } from "./args";

/** A node in the arguments of a builder. */
export interface NodeInArgs {
    readonly name: string;
    /** Position in the argument `nodes`. `undefined` for the single node of a builder without `nodes`. */
    readonly position: number | undefined;
    /** The node's arguments, with the builder's arguments as defaults. */
    readonly args: NodeInputs;
    /** The arguments in `nodes` alone. Empty for a builder without `nodes`. */
    readonly own: NodeInputs;
}

/** Returns the nodes of a builder, with the builder's arguments as defaults. */
export function nodesInArgs(inputs: BuilderInputs): readonly NodeInArgs[] {
    const { state, endpoint, tls, driverOpts, platforms, buildkitdFlags, buildkitdConfig } = inputs;
    const builder = builderName(inputs);
    // Omits arguments that are not given: Pulumi's state keeps the result and cannot store `undefined`.
    const shared = given({ endpoint, tls, driverOpts, platforms, buildkitdFlags, buildkitdConfig });
    if (inputs.nodes === undefined) {
        const args = withStatesEndpoint({ ...shared, ...(state && { state }) });
        return [{ name: nameOf(args, builder, 0), position: undefined, args, own: {} }];
    }
    return inputs.nodes.map((own, position) => {
        const ofState = own.state?.endpoint === undefined ? {} : { endpoint: undefined, tls: undefined };
        const env = { ...driverOpts?.env, ...own.driverOpts?.env };
        const options = { ...driverOpts, ...own.driverOpts, ...(Object.keys(env).length > 0 && { env }) };
        const hasOptions = driverOpts !== undefined || own.driverOpts !== undefined;
        const args = withStatesEndpoint({
            ...shared,
            ...ofState,
            ...given(own),
            ...(hasOptions && { driverOpts: options }),
        });
        return { name: nameOf(args, builder, inputs.__nodeIndexes?.[position] ?? position), position, args, own };
    });
}

/** Returns the arguments of each node, with the builder's arguments as defaults. */
export const nodesOf = (inputs: BuilderInputs): readonly NodeInputs[] => nodesInArgs(inputs).map(({ args }) => args);

/** Returns the results of `compute` for the arguments and the name of each node, by the node's name. */
export async function byNode<Result>(
    inputs: BuilderInputs,
    compute: (args: NodeInputs, name: string) => Promise<Result>,
): Promise<ReadonlyMap<string, Result>> {
    const results = nodesInArgs(inputs).map(async ({ name, args }) => [name, await compute(args, name)] as const);
    return new Map(await Promise.all(results));
}

const given = <T extends object>(of: T): Partial<T> =>
    Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as Partial<T>;

/** Returns a node with the endpoint and the TLS arguments of its state as defaults. */
function withStatesEndpoint(node: NodeInputs): NodeInputs {
    const { endpoint = node.state?.endpoint, tls = node.state?.tls, ...others } = node;
    return { ...others, ...(endpoint !== undefined && { endpoint }), ...(tls !== undefined && { tls }) };
}

/** Returns the name of the node that uses a state. */
export const nodeOfState = ({ builderName: builder, node }: StateReference): string =>
    canonicalName(node ?? nodeName(builder, 0));

const nameOf = ({ state, name }: NodeInputs, builder: string, number: number): string =>
    state === undefined ? canonicalName(name ?? nodeName(builder, number)) : nodeOfState(state);

/** Returns the builder's name: the argument `name`, else the name of its (first) state, else the automatic name. */
export function builderName({ name, state, nodes, __autoName }: BuilderInputs): string {
    const ofState = state ?? nodes?.find((node) => node.state !== undefined)?.state;
    return canonicalName(name ?? ofState?.builderName ?? __autoName ?? "");
}
