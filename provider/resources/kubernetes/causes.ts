/** The arguments that change a builder. */
import { isDeepStrictEqual } from "node:util";
import { formatPath } from "../../text/quote";
import { type KubernetesInputs, type KubernetesNodeInputs, nodeArguments } from "./args";
import type { DesiredNode } from "./desired";

type NodeArgument = keyof KubernetesNodeInputs;
type Argument = NodeArgument | "defaultLoad" | "gc" | "drainTimeout" | "bootTimeout";

/** Arguments that describe the workload of a node. */
export const workloadArguments: readonly Argument[] = [
    ...nodeArguments.filter((key) => !["kubeconfig", "context", "namespace", "loadbalance"].includes(key)),
    "gc",
    "drainTimeout",
];

/** Arguments that describe the place of a node. */
export const placeArguments: readonly Argument[] = ["kubeconfig", "context", "namespace"];

/** Arguments that buildx's record has. */
export const recordArguments: readonly Argument[] = [...nodeArguments, "name", "gc", "defaultLoad", "bootTimeout"];

/** Arguments of the builder that a node does not have. */
const ofBuilder: readonly string[] = ["defaultLoad", "gc", "drainTimeout", "bootTimeout"] satisfies Argument[];

/**
 * Returns the paths of the arguments that changed, as the program writes them.
 *
 * @param among the arguments to compare.
 * @param position the node to compare, by its position in `nodes`. @default all nodes
 */
export function changedPaths(
    before: KubernetesInputs,
    now: KubernetesInputs,
    among: readonly Argument[],
    position?: number,
): string[] {
    if ((before.nodes !== undefined) !== (now.nodes !== undefined)) return ["nodes"];
    const ofAll = among.filter((key) => key !== "name" && !isDeepStrictEqual(before[key], now[key]));
    if (now.nodes === undefined) return ofAll;
    if (before.nodes?.length !== now.nodes.length) return [...ofAll, "nodes"];
    const keys = among.filter((key): key is NodeArgument => !ofBuilder.includes(key));
    const ofNodes = now.nodes.flatMap((node, index) =>
        position !== undefined && index !== position
            ? []
            : keys
                  .filter((key) => !isDeepStrictEqual(before.nodes?.[index]?.[key], node[key]))
                  .map((key) => formatPath(["nodes", index, key])),
    );
    return [...ofAll, ...ofNodes];
}

/** Returns the path of a node in the arguments. Empty for the single node of a builder without `nodes`. */
export const pathOfNode = ({ position }: Pick<DesiredNode, "position">): string | undefined =>
    position === undefined ? undefined : formatPath(["nodes", position]);
