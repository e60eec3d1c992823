/** Decides what is removed of a builder, or of a node that the program does not have any more. */
import type { Cause } from "../../bridges/lifecycle";
import { nextContainerName } from "../../buildx/names";
import { type BuilderRecord, driver } from "../../buildx/store";
import type { Leftovers } from "./node/observeLeftovers";
import type { FinalStep, NodeStep, Plan } from "./steps";

/** A builder to remove, as Pulumi's state has it. */
export interface Removal {
    readonly name: string;
    /** Whether to keep the volumes, as the arguments say. The volumes of a `BuildKitState` are always kept. */
    readonly keepVolume: boolean;
    readonly drainTimeout: number;
}

/**
 * Returns the steps that remove what is left of a builder. Unmanaged containers, volumes and records are not changed.
 */
export function planRemoval(
    { name, keepVolume, drainTimeout }: Removal,
    nodes: readonly Leftovers[],
    record: BuilderRecord,
): Plan {
    const why = "the builder is removed";
    const whyKept = whyRecordIsKept(name, nodes, record);
    const contexts = nodes.flatMap(({ context }) => context ?? []);
    return {
        nodes: nodes.map((node) => ({
            node,
            steps: removeNode(node, keepVolume || node.isStateVolume, drainTimeout, { why }),
        })),
        after:
            whyKept === undefined
                ? [
                      { do: "removeRecord", name, why },
                      ...contexts.map((context): FinalStep => ({ do: "removeContext", name: context, why })),
                  ]
                : [{ do: "leave", what: `buildx's record of builder "${name}"`, why: whyKept }],
    };
}

/** Returns why the record belongs to a builder that another user created with the same name. */
function whyRecordIsKept(name: string, nodes: readonly Leftovers[], record: BuilderRecord): string | undefined {
    const taken = nodes.find((node) => node.hasContainer && !node.containerIsOurs);
    if (taken !== undefined) {
        return (
            `another process or user created container ${taken.container}, which is kept with its volume. ` +
            `If you do not need the container, remove it with: docker buildx rm ${name}`
        );
    }
    if (record.is !== "present" || record.nodeGroup.Driver === driver) return undefined;
    return `another process or user replaced the builder by a builder of the driver ${record.nodeGroup.Driver}`;
}

/** Returns the steps that remove what is left of a node. */
export function removeNode(node: Leftovers, keepVolume: boolean, seconds: number, cause: Cause): NodeStep[] {
    const { container, volume } = node;
    const steps: NodeStep[] = [];
    if (node.containerIsOurs && node.isRunning) steps.push({ do: "drain", container, seconds, ...cause });
    if (node.containerIsOurs) steps.push({ do: "removeContainer", container, ...cause });
    if (node.hasNext) steps.push({ do: "removeContainer", container: nextContainerName(node.name), ...cause });
    const isFree = !node.hasContainer || node.containerIsOurs;
    if (node.volumeIsOurs && !keepVolume && isFree) steps.push({ do: "removeVolume", volume, ...cause });
    return steps;
}
