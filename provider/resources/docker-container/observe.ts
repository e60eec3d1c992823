/** Observes what exists of a builder: its nodes on their engines, and its record in buildx's store. */
import type { Choice } from "../../buildx/current";
import { type BuilderRecord, readRecord } from "../../buildx/store";
import { isContext } from "../../docker/endpoint/context";
import type { Owner } from "../../ownership";
import { observeChoice } from "../builder/choice";
import type { DesiredBuilder } from "./desired";
import type { Connected, ProgramNode, RemovedNode } from "./node/node";
import { type Leftovers, observeLeftovers } from "./node/observeLeftovers";
import { type ObservedNode, observeNode } from "./node/observeNode";
import { type IsOurs, recognitionOf } from "./node/recognize";
import { withSameFiles } from "./record";

/** What exists of a builder, on its engines and in buildx's store. */
export interface Observed {
    readonly record: BuilderRecord;
    /** Whether docker has a context with the builder's name. buildx would use the context as the builder. */
    readonly isContext: boolean;
    /** Whether buildx uses the builder when no builder is named, according to buildx's store. */
    readonly choice: Choice;
    /** The nodes in the program. */
    readonly nodes: readonly ObservedNode[];
    /** Nodes in Pulumi's state that the program no longer has at their location. */
    readonly removed: readonly ObservedRemovedNode[];
}

export interface ObservedRemovedNode extends Leftovers {
    /** Whether the program still has the node on the same engine, with another endpoint. */
    readonly stays: boolean;
}

/** The nodes of a builder, each with its connection. */
export interface ConnectedNodes {
    readonly nodes: readonly Connected<ProgramNode>[];
    readonly removed: readonly Connected<RemovedNode>[];
}

/** @param isNewBuilder whether Pulumi's state does not have the builder. */
export async function observe(
    desired: DesiredBuilder,
    connected: ConnectedNodes,
    isOurs: IsOurs,
    isNewBuilder: boolean,
): Promise<Observed> {
    const { name, owner } = desired;
    const [record, choice] = await Promise.all([
        readRecord(name).then((found) => withSameFiles(found, desired)),
        observeChoice(name),
    ]);
    const observeOne = (node: Connected<ProgramNode>) => {
        const recognition = recognitionOf(node.desired.name, node.previous, isOurs, record);
        return observeNode(node, recognition, desired, isNewBuilder);
    };
    const [nodes, removed] = await Promise.all([
        Promise.all(connected.nodes.map(observeOne)),
        observeAllLeftovers(connected.removed, isOurs, owner, record),
    ]);
    const stays = ({ name: removedName, engineId }: Leftovers) =>
        engineId !== undefined &&
        nodes.some((node) => node.desired.name === removedName && node.engine.ID === engineId);
    return {
        record,
        isContext: isContext(name),
        choice,
        nodes,
        removed: removed.map((node) => ({ ...node, stays: stays(node) })),
    };
}

/** Returns what is left of each node that is being removed. */
export const observeAllLeftovers = (
    nodes: readonly Connected<RemovedNode>[],
    isOurs: IsOurs,
    owner: Owner,
    record: BuilderRecord,
): Promise<Leftovers[]> =>
    Promise.all(
        nodes.map((node) => {
            const recognition = recognitionOf(node.previous.name, node.previous, isOurs, record);
            return observeLeftovers(node, recognition, owner);
        }),
    );
