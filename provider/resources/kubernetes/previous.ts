/** The builder in Pulumi's state. */
import type { KubernetesInputs } from "./args";
import { type DesiredKubernetes, desiredKubernetes, type DesiredNode } from "./desired";
import type { KubernetesNodeOutputs } from "./outputs";
import type { SavedPlace } from "./place";
import { savedArguments, type SavedKubernetes } from "./saved";

export interface PreviousKubernetes {
    readonly name: string;
    readonly args: KubernetesInputs;
    /** The builder that the saved arguments describe, without configuration files. */
    readonly desired: DesiredKubernetes;
    readonly nodes: readonly PreviousNode[];
}

export interface PreviousNode {
    readonly name: string;
    /** The node that the saved arguments describe. */
    readonly desired: DesiredNode;
    readonly outputs: KubernetesNodeOutputs;
    /** `undefined` if its cluster was never reached. */
    readonly place: SavedPlace | undefined;
    /** Claims that existed before the node. */
    readonly foundClaims: readonly string[];
}

/** Loads a builder from Pulumi's state. */
export function load(saved: SavedKubernetes): PreviousKubernetes {
    const args = savedArguments(saved);
    const desired = desiredKubernetes(args, saved.__owner);
    const nodes = desired.nodes.flatMap((node): PreviousNode[] => {
        const outputs = saved.nodes.find(({ name }) => name === node.name);
        if (outputs === undefined) return [];
        const foundClaims = saved.__foundClaims[node.name] ?? [];
        return [{ name: node.name, desired: node, outputs, place: saved.__places[node.name], foundClaims }];
    });
    return { name: saved.name, args, desired, nodes };
}
