/** Why a builder changes, and the arguments that cause it. */
import { isDeepStrictEqual } from "node:util";
import type { Cause } from "../../bridges/lifecycle";
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

/** Returns the path of an argument or output of a node. */
export const pathIn = ({ position }: Pick<DesiredNode, "position">, key: string): string =>
    formatPath(position === undefined ? [key] : ["nodes", position, key]);

/** Returns the path of a node in the arguments. */
export const pathOfNode = ({ position }: Pick<DesiredNode, "position">): string =>
    position === undefined ? "endpoint" : formatPath(["nodes", position]);

/** Returns the cause of a step: the arguments that changed, or else that something differs from the arguments. */
export const causeOf = (properties: readonly string[], drift: string): Cause =>
    properties.length > 0
        ? { why: `${[...new Set(properties.map(nameOf))].join(", ")} changed`, properties, isDrift: false }
        : { why: drift, isDrift: true };

/** Returns the name of an argument for users: `tls` for `nodes[0].tls`. */
const nameOf = (path: string): string => path.split(".").at(-1) ?? path;
