/** Decides what is removed of a builder, or of a node that the program does not name any more. */
import { nextContainerName } from "../../buildx/names";
import { type BuilderRecord, driver } from "../../buildx/store";
import type { ObservedRemains } from "./observe";
import type { Plan, Step } from "./steps";

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
    nodes: readonly ObservedRemains[],
    record: BuilderRecord,
): Plan {
    const why = "the builder is removed";
    const contexts = nodes.flatMap(({ context }) => context ?? []);
    const foreign = whyForeign(name, nodes, record);
    return {
        nodes: nodes.map((node) => removeNode(node, keepVolume || node.isStateVolume, drainTimeout, why)),
        after: [
            foreign === undefined
                ? { do: "removeRecord", name, why }
                : { do: "leave", what: `buildx's record of builder "${name}"`, why: foreign },
            ...(foreign === undefined
                ? contexts.map((context): Step => ({ do: "removeContext", name: context, why }))
                : []),
        ],
    };
}

/** Returns why the record belongs to a builder that another user created with the same name. */
function whyForeign(name: string, nodes: readonly ObservedRemains[], record: BuilderRecord): string | undefined {
    const taken = nodes.find((node) => node.hasContainer && !node.containerIsOurs);
    if (taken !== undefined) {
        return (
            `container ${taken.container} was created by someone else, and stays with its volume. ` +
            `If it is not needed, remove it with: docker buildx rm ${name}`
        );
    }
    if (record.is !== "present" || record.nodeGroup.Driver === driver) return undefined;
    return `it is a builder of the driver ${record.nodeGroup.Driver} by now, which someone else created`;
}

/** Returns the steps that remove what is left of a node. */
export function removeNode(node: ObservedRemains, keepVolume: boolean, seconds: number, why: string): Step[] {
    const { container, volume } = node;
    const steps: Step[] = [];
    if (node.containerIsOurs && node.isRunning) steps.push({ do: "drain", container, seconds, why });
    if (node.containerIsOurs) steps.push({ do: "removeContainer", container, why });
    if (node.hasNext) steps.push({ do: "removeContainer", container: nextContainerName(node.node), why });
    const isFree = !node.hasContainer || node.containerIsOurs;
    if (node.volumeIsOurs && !keepVolume && isFree) steps.push({ do: "removeVolume", volume, why });
    return steps;
}
