/** The arguments that change a builder. */
import { isDeepStrictEqual } from "node:util";
import { formatPath } from "../../text/quote";
import type { RemoteInputs, RemoteNodeInputs } from "./args";
import type { DesiredNode } from "./desired";

/** Arguments of a node, or of the builder as the defaults of its nodes. */
type NodeArgument = "name" | "endpoint" | "tls" | "platforms";

/**
 * Returns the paths of the arguments that changed, as the program writes them.
 *
 * @param among the arguments to compare. Their nodes are always compared.
 */
export function changedPaths(
    before: RemoteInputs,
    now: RemoteInputs,
    among: readonly (NodeArgument | "defaultLoad")[],
): string[] {
    const differs = (key: keyof RemoteInputs) => !isDeepStrictEqual(before[key], now[key]);
    const hadNodes = before.nodes !== undefined;
    const hasNodes = now.nodes !== undefined;
    if (hadNodes !== hasNodes) return ["nodes"];
    const ofBuilder = among.filter((key) => key !== "name" && differs(key));
    if (!hasNodes || before.nodes?.length !== now.nodes?.length) return [...ofBuilder, ...(hasNodes ? ["nodes"] : [])];
    const ofNodes = (now.nodes ?? []).flatMap((node, index) =>
        changedInNode(before.nodes?.[index] ?? {}, node, index, among),
    );
    return [...ofBuilder, ...ofNodes];
}

function changedInNode(
    before: RemoteNodeInputs,
    now: RemoteNodeInputs,
    index: number,
    among: readonly (NodeArgument | "defaultLoad")[],
): string[] {
    const keys = among.filter((key): key is NodeArgument => key !== "defaultLoad");
    return keys
        .filter((key) => !isDeepStrictEqual(before[key], now[key]))
        .map((key) => formatPath(["nodes", index, key]));
}

/** Returns the path of a node in the arguments. */
export const pathOfNode = ({ position }: Pick<DesiredNode, "position">): string =>
    position === undefined ? "endpoint" : formatPath(["nodes", position]);
