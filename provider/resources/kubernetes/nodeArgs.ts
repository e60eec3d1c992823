/** The arguments of each node, and the names that the arguments give a builder and its nodes. */
import { canonicalName, nodeName } from "../../buildx/names";
import { type KubernetesInputs, type KubernetesNodeInputs, nodeArguments } from "./args";

/** A node in the arguments of a builder. */
export interface NodeInArgs {
    readonly name: string;
    /** Position in the argument `nodes`. `undefined` for the single node of a builder without `nodes`. */
    readonly position: number | undefined;
    /** The node's arguments, with the builder's arguments as defaults. */
    readonly args: KubernetesNodeInputs;
}

/** Returns the nodes of a builder, with the builder's arguments as defaults. */
export function nodesInArgs(inputs: KubernetesInputs): readonly NodeInArgs[] {
    const builder = builderName(inputs);
    // Omits arguments that are not given: Pulumi's state keeps the result and cannot store `undefined`.
    const shared: KubernetesNodeInputs = Object.fromEntries(
        nodeArguments.filter((key) => inputs[key] !== undefined).map((key) => [key, inputs[key]]),
    );
    if (inputs.nodes === undefined) {
        return [{ name: nameOf(shared, builder, 0), position: undefined, args: shared }];
    }
    return inputs.nodes.map((own, position) => {
        const env = { ...inputs.env, ...own.env };
        const args = { ...shared, ...own, ...(Object.keys(env).length > 0 && { env }) };
        return { name: nameOf(args, builder, inputs.__nodeIndexes?.[position] ?? position), position, args };
    });
}

/** buildx finds a workload only by the name of its node. */
const nameOf = ({ name, workload }: KubernetesNodeInputs, builder: string, number: number): string =>
    workload ?? canonicalName(name ?? nodeName(builder, number));

/** Returns the name of a node's objects in the cluster (buildx: `driver/kubernetes/factory.go`). */
export const objectNameOf = (node: string): string => node.replaceAll("_", "-");

/** Returns the builder's name: the argument `name`, or else the automatic name. */
export const builderName = ({ name, __autoName }: KubernetesInputs): string => canonicalName(name ?? __autoName ?? "");
