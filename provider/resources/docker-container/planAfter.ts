/** Decides what happens once all nodes of a builder are done: contexts, the record, the choice, what is remembered. */
import { type NodeGroup, sameRecord } from "../../buildx/store";
import type { DesiredBuilder, SavedOnly } from "./desired";
import type { Observed } from "./observe";
import { recordOf } from "./record";
import type { Step } from "./steps";

/**
 * Returns the steps that run when the nodes are done: docker's contexts, buildx's record, the current builder, and the
 * platforms that the builder must offer.
 *
 * @param observed includes the errors of the nodes. A node with an error is not added to the record.
 * @param done the steps of the nodes.
 */
export function planAfter(desired: DesiredBuilder, observed: Observed, done: readonly Step[]): Step[] {
    const { savedOnly } = desired;
    const before = observed.previous?.savedOnly;
    return [
        ...planContexts(observed),
        ...planRecord(desired, observed),
        ...planChoice(desired, observed),
        ...planSavedOnly(savedOnly, before),
        ...planRequirement(desired, done),
    ];
}

/**
 * Returns the step that changes buildx's current builder. Without `use` the choice is the user's: it is undone only if
 * this package made it.
 */
function planChoice({ name, savedOnly }: DesiredBuilder, { choice, previous }: Observed): Step[] {
    const before = previous?.savedOnly.use === true;
    if (savedOnly.use && choice !== "current")
        return [{ do: "use", name, why: before ? "it is not the current builder any more" : "use is true" }];
    if (!savedOnly.use && before && choice !== "no") return [{ do: "stopUsing", name, why: "use is no longer true" }];
    return [];
}

function planContexts({ nodes, dropped }: Observed): Step[] {
    const unwanted = dropped.filter((node) => node.error === undefined && !node.stays && node.context !== undefined);
    return [
        ...nodes.flatMap(({ context }): Step[] => {
            if (context === undefined || context.status === "same") return [];
            const { name, content, status } = context;
            const why = status === "absent" ? "docker has no such context here" : "docker's context differs";
            return [{ do: "writeContext", name, content, why }];
        }),
        ...unwanted
            .filter(({ context: name }) => !nodes.some(({ context }) => context?.name === name))
            .map(({ context }): Step => ({ do: "removeContext", name: context as string, why: "the node is dropped" })),
    ];
}

function planRecord(desired: DesiredBuilder, observed: Observed): Step[] {
    const { record: found } = observed;
    const record = recordOf(desired, observed.nodes, found.is === "present" ? found.nodeGroup : undefined);
    const why = whyWritten(record, observed);
    return why ? [{ do: "writeRecord", record, isNew: found.is === "absent", why }] : [];
}

function whyWritten(record: NodeGroup, { record: found }: Observed): string | undefined {
    if (found.is === "absent") return "buildx has no record of the builder here";
    if (found.is === "unreadable") return "buildx's record cannot be read";
    return sameRecord(found.nodeGroup, record) ? undefined : "buildx's record differs";
}

function planSavedOnly(savedOnly: SavedOnly, before: SavedOnly | undefined): Step[] {
    const differs = (key: keyof SavedOnly) => JSON.stringify(savedOnly[key]) !== JSON.stringify(before?.[key]);
    const changed = before === undefined ? [] : (Object.keys(savedOnly) as (keyof SavedOnly)[]).filter(differs);
    return changed.length === 0 ? [] : [{ do: "remember", why: `${changed.join(", ")} changed` }];
}

function planRequirement({ name, nodes, savedOnly }: DesiredBuilder, done: readonly Step[]): Step[] {
    const { requirePlatforms: platforms } = savedOnly;
    if (platforms.length === 0 || !done.some((step) => step.do === "boot")) return [];
    const containers = nodes.map((node) => node.container);
    return [{ do: "requirePlatforms", builder: name, containers, platforms, why: "requirePlatforms names them" }];
}
