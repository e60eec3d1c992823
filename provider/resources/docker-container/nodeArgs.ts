/** The arguments of each node, and the name that the arguments give a builder. */
import type { StateReference } from "../../args/stateReference";
import { canonicalName, nodeName } from "../../buildx/names";
import type { BuilderInputs, NodeInputs } from "./inputs";

/** Returns the arguments of each node, with the builder's arguments as defaults. */
export function nodesOf(inputs: BuilderInputs): readonly NodeInputs[] {
    const { state, endpoint, tls, driverOpts, platforms, buildkitdFlags, buildkitdConfig } = inputs;
    // Omits arguments that are not given: Pulumi's state keeps the result and cannot store `undefined`.
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

/** Returns a node with the endpoint and the TLS arguments of its state as defaults. */
function withStatesEndpoint(node: NodeInputs): NodeInputs {
    const { endpoint = node.state?.endpoint, tls = node.state?.tls, ...others } = node;
    return { ...others, ...(endpoint !== undefined && { endpoint }), ...(tls !== undefined && { tls }) };
}

/** Returns the name of the node that uses a state. */
export const nodeOfState = ({ builderName: builder, node }: StateReference): string =>
    canonicalName(node ?? nodeName(builder, 0));

/** Returns the builder's name: the argument `name`, else the name of its (first) state, else the automatic name. */
export function builderName({ name, state, nodes, __autoName }: BuilderInputs): string {
    const ofState = state ?? nodes?.find((node) => node.state !== undefined)?.state;
    return canonicalName(name ?? ofState?.builderName ?? __autoName ?? "");
}
