/** The builder in Pulumi's state. */
import type { RemoteInputs } from "./args";
import { type DesiredNode, type DesiredRemote, desiredRemote } from "./desired";
import type { RemoteNodeOutputs } from "./outputs";
import { savedArguments, type SavedRemote } from "./saved";

export interface PreviousRemote {
    readonly name: string;
    readonly args: RemoteInputs;
    /** The builder that the saved arguments describe. */
    readonly desired: DesiredRemote;
    readonly nodes: readonly PreviousNode[];
}

export interface PreviousNode {
    readonly name: string;
    /** The node that the saved arguments describe. */
    readonly desired: DesiredNode;
    readonly outputs: RemoteNodeOutputs;
}

/** Loads a builder from Pulumi's state. */
export function load(saved: SavedRemote): PreviousRemote {
    const args = savedArguments(saved);
    const desired = desiredRemote(args);
    const nodes = desired.nodes.flatMap((node): PreviousNode[] => {
        const outputs = saved.nodes.find(({ name }) => name === node.name);
        return outputs === undefined ? [] : [{ name: node.name, desired: node, outputs }];
    });
    return { name: saved.name, args, desired, nodes };
}
