/** Which names on an engine belong to which node, and whether one of them is meant. */
import { containerName } from "../../provider/buildx/names";
import type { RecordFacts } from "./facts";

/** The node whose container or volume has this name; `undefined` where the name is none of buildx's. */
export function nodeOfName(name: string): string | undefined {
    const prefix = containerName("");
    return name.startsWith(prefix) ? name.slice(prefix.length).replace(/_state$/, "") : undefined;
}

/**
 * The builder that a node without a record probably belongs to: buildx names nodes after the builder with a number, and
 * hardly one builder has more than ten.
 */
export const builderOfNode = (node: string): string => node.replace(/(.)\d$/, "$1");

/** The names that a user asked for; all are meant where none was given. */
export type Asked = readonly string[];

export const isAskedRecord = (asked: Asked, { name, nodes }: Pick<RecordFacts, "name" | "nodes">): boolean =>
    asked.length === 0 || [name, ...nodes.map((node) => node.name)].some((each) => asked.includes(each));

/** Whether a container, a volume or a node without a record is meant, by its own name or by that of its builder. */
export function isAskedName(asked: Asked, name: string): boolean {
    const node = nodeOfName(name) ?? name;
    return asked.length === 0 || [name, node, builderOfNode(node)].some((each) => asked.includes(each));
}
