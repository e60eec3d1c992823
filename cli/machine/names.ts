/** Maps names of containers and volumes to nodes, and checks whether the user requested a name. */
import { containerName } from "../../provider/buildx/names";
import type { RecordFacts } from "./facts";

/** Returns the node whose container or volume has this name; `undefined` if the name does not come from buildx. */
export function nodeOfName(name: string): string | undefined {
    const prefix = containerName("");
    return name.startsWith(prefix) ? name.slice(prefix.length).replace(/_state$/, "") : undefined;
}

/**
 * Returns the builder that a node without a record probably belongs to. buildx names a node after its builder and
 * appends a number. Builders with more than ten nodes are rare, so one digit is removed.
 */
export const builderOfNode = (node: string): string => node.replace(/(.)\d$/, "$1");

/** The names that the user requested. An empty list requests everything. */
export type RequestedNames = readonly string[];

export const isRequestedRecord = (
    requested: RequestedNames,
    { name, nodes }: Pick<RecordFacts, "name" | "nodes">,
): boolean =>
    requested.length === 0 || [name, ...nodes.map((node) => node.name)].some((each) => requested.includes(each));

/**
 * Whether the user requested a container, a volume or a node without a record, by its own name or its builder's name.
 */
export function isRequestedName(requested: RequestedNames, name: string): boolean {
    const node = nodeOfName(name) ?? name;
    return requested.length === 0 || [name, node, builderOfNode(node)].some((each) => requested.includes(each));
}
