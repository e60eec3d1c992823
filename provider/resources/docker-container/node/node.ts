/** A node of a builder. Each stage of an operation adds to its object: the connection, what exists, and the steps. */
import type { DesiredNode } from "../desired";
import type { PreviousNode } from "../previous";
import type { NodeConnection } from "./connect";

/** A node in the program. */
export interface ProgramNode {
    readonly desired: DesiredNode;
    /** The node in Pulumi's state. It may be at another location. `undefined` for a new node. */
    readonly previous: PreviousNode | undefined;
    /** `undefined` in a preview, which queries no engine. */
    readonly connection?: NodeConnection;
    /** The node's endpoint in its record, if the node is on another engine than the docker CLI now uses. */
    readonly leftAt?: string | undefined;
}

/** A node that the program no longer has at its location: it was removed, or its endpoint changed. */
export interface RemovedNode {
    readonly desired?: undefined;
    readonly previous: PreviousNode;
    readonly connection?: NodeConnection;
}

/** A node with its connection. */
export type Connected<Node> = Node & { readonly connection: NodeConnection };

/** Whether a node is still at the location where it was. */
export const isAtSameLocation = (
    previous: Pick<PreviousNode, "endpoint" | "stored">,
    desired: Pick<DesiredNode, "endpoint">,
    stored: string | undefined,
): boolean => previous.endpoint === desired.endpoint || previous.stored === stored;

/** Whether the engine of a node was ever reached. If not, nothing of the node is on that engine. */
export const wasReached = (previous: PreviousNode | undefined): boolean =>
    previous !== undefined && previous.stored !== "";

/** A node in the program, and its endpoint for buildx's record. The endpoint is `undefined` if it is not known. */
export interface LocatedNode {
    readonly desired: DesiredNode;
    readonly stored: string | undefined;
}

/** Returns the saved nodes that the program no longer has at their location. A node whose location is unknown stays. */
export const removedNodes = (previous: readonly PreviousNode[], nodes: readonly LocatedNode[]): PreviousNode[] =>
    previous.filter(
        (before) =>
            !nodes.some(
                ({ desired, stored }) =>
                    desired.name === before.name && (stored === undefined || isAtSameLocation(before, desired, stored)),
            ),
    );
