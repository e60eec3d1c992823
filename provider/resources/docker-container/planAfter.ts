/** Decides what happens once all nodes of a builder are done: contexts, the record, the choice, what is remembered. */
import { type NodeGroup, sameRecord } from "../../buildx/store";
import type { Desired, Later } from "./desired";
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
export function planAfter(desired: Desired, observed: Observed, done: readonly Step[]): Step[] {
    const { later } = desired;
    const before = observed.known?.later;
    return [
        ...planContexts(observed),
        ...planRecord(desired, observed),
        ...planChoice(desired, observed),
        ...planMemory(later, before),
        ...planRequirement(desired, done),
    ];
}

/**
 * Returns the step that changes buildx's current builder. Without `use` the choice is the user's: it is undone only if
 * this package made it.
 */
function planChoice({ name, later }: Desired, { choice, known }: Observed): Step[] {
    const before = known?.later.use === true;
    if (later.use && choice !== "current")
        return [{ do: "use", name, why: before ? "it is not the current builder any more" : "use is true" }];
    if (!later.use && before && choice !== "no") return [{ do: "stopUsing", name, why: "use is no longer true" }];
    return [];
}

function planContexts({ nodes, dropped }: Observed): Step[] {
    const unwanted = dropped.filter((node) => node.trouble === undefined && !node.stays && node.context !== undefined);
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

function planRecord(desired: Desired, observed: Observed): Step[] {
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

function planMemory(later: Later, before: Later | undefined): Step[] {
    const differs = (key: keyof Later) => JSON.stringify(later[key]) !== JSON.stringify(before?.[key]);
    const changed = before === undefined ? [] : (Object.keys(later) as (keyof Later)[]).filter(differs);
    return changed.length === 0 ? [] : [{ do: "remember", why: `${changed.join(", ")} changed` }];
}

function planRequirement({ name, nodes, later }: Desired, done: readonly Step[]): Step[] {
    const { requirePlatforms: platforms } = later;
    if (platforms.length === 0 || !done.some((step) => step.do === "boot")) return [];
    const containers = nodes.map((node) => node.container);
    return [{ do: "requirePlatforms", builder: name, containers, platforms, why: "requirePlatforms names them" }];
}
