/** Decides what happens once all nodes of a builder are done: contexts, the record, the choice, saved settings. */
import type { Cause } from "../../bridges/lifecycle";
import { type NodeGroup, sameRecord } from "../../buildx/store";
import { planChoice } from "../builder/choice";
import type { DesiredBuilder, SavedOnly } from "./desired";
import { causeOfRemoval, changedArguments, changedInRecord } from "./node/causes";
import { isAtSameLocation } from "./node/node";
import type { ObservedNode } from "./node/observeNode";
import { pathOf, pathOfNode } from "./node/written";
import type { Observed } from "./observe";
import type { PreviousBuilder } from "./previous";
import { recordOf } from "./record";
import type { FinalStep, NodeStep } from "./steps";

/**
 * Returns the steps that run when the nodes are done: docker's contexts, buildx's record, the current builder, and the
 * platforms that the builder must offer.
 *
 * @param observed includes the errors of the nodes. A node with an error is not added to the record.
 * @param done the steps of the nodes.
 */
export function planAfter(
    desired: DesiredBuilder,
    observed: Observed,
    previous: PreviousBuilder | undefined,
    done: readonly NodeStep[],
): FinalStep[] {
    const before = previous?.desired.savedOnly;
    return [
        ...planContexts(desired, observed),
        ...planRecord(desired, observed, previous),
        ...planChoice(desired.name, desired.savedOnly.use, observed.choice, before?.use === true),
        ...planSavedOnly(desired.savedOnly, before),
        ...planStates(observed),
        ...planRequirement(desired, done),
    ];
}

function planContexts(desired: DesiredBuilder, { nodes, removed }: Observed): FinalStep[] {
    const isNeeded = (name: string) => nodes.some(({ context }) => context?.name === name);
    return [
        ...nodes.flatMap((node): FinalStep[] => {
            const { context } = node;
            if (context === undefined || context.status === "same") return [];
            const { name, content, status } = context;
            const why = status === "absent" ? `there is no docker context ${name}` : `docker context ${name} differs`;
            return [{ do: "writeContext", name, content, ...causeOfContext(node, why) }];
        }),
        ...removed.flatMap((node): FinalStep[] => {
            const { context: name, error, stays } = node;
            if (name === undefined || error !== undefined || stays || isNeeded(name)) return [];
            return [{ do: "removeContext", name, ...causeOfRemoval(node, desired) }];
        }),
    ];
}

function causeOfContext({ desired, previous, stored }: ObservedNode, why: string): Cause {
    if (previous?.desired === undefined || !isAtSameLocation(previous, desired, stored)) {
        const node = pathOfNode(desired.written);
        return { why, properties: node === "" ? [] : [node], isDrift: false };
    }
    const { properties } = changedArguments([["tls"]], desired, previous.desired);
    return properties.length > 0 ? { why: "tls changed", properties, isDrift: false } : { why, isDrift: true };
}

function planRecord({ name }: DesiredBuilder, observed: Observed, previous: PreviousBuilder | undefined): FinalStep[] {
    const { record: found, nodes } = observed;
    const record = recordOf(name, nodes, found.is === "present" ? found.nodeGroup : undefined);
    const cause = causeOfWrite(record, observed, previous);
    return cause ? [{ do: "writeRecord", record, isNew: found.is === "absent", ...cause }] : [];
}

function causeOfWrite(
    record: NodeGroup,
    { record: found, nodes, removed }: Observed,
    previous: PreviousBuilder | undefined,
): Cause | undefined {
    const isDrift = previous !== undefined;
    if (found.is === "absent") return { why: "buildx has no record of the builder on this machine", isDrift };
    if (found.is === "unreadable") return { why: "buildx's record of the builder cannot be read", isDrift };
    if (sameRecord(found.nodeGroup, record)) return undefined;
    if (previous === undefined) return { why: "buildx's record of the builder differs" };
    const isGone = removed.some((node) => !nodes.some(({ desired }) => desired.name === node.name));
    const changed = nodes.map(changedInRecord);
    const names = new Set([...changed.flatMap((each) => each.names), ...(isGone ? ["nodes"] : [])]);
    const paths = new Set([...changed.flatMap(({ properties }) => properties), ...(isGone ? ["nodes"] : [])]);
    if (names.size === 0) return { why: "buildx's record of the builder differs", isDrift: true };
    return { why: `${[...names].join(", ")} changed`, properties: [...paths], isDrift: false };
}

function planSavedOnly(savedOnly: SavedOnly, before: SavedOnly | undefined): FinalStep[] {
    const differs = (key: keyof SavedOnly) => JSON.stringify(savedOnly[key]) !== JSON.stringify(before?.[key]);
    const changed = before === undefined ? [] : (Object.keys(savedOnly) as (keyof SavedOnly)[]).filter(differs);
    if (changed.length === 0) return [];
    return [{ do: "saveSettings", why: `${changed.join(", ")} changed`, properties: changed, isDrift: false }];
}

/** Pulumi's state has to know which nodes use a `BuildKitState`: their volumes are not removed with the builder. */
function planStates({ nodes }: Observed): FinalStep[] {
    const properties = nodes.flatMap(({ desired: { isStateVolume, written }, previous }) => {
        if (previous?.desired === undefined || previous.isStateVolume === isStateVolume) return [];
        return [pathOf(["state"], written, previous.desired.written)];
    });
    return properties.length === 0 ? [] : [{ do: "saveSettings", why: "state changed", properties, isDrift: false }];
}

/** Returns the step that checks `requirePlatforms` after a boot. */
function planRequirement({ name, savedOnly }: DesiredBuilder, done: readonly NodeStep[]): FinalStep[] {
    const { requirePlatforms: platforms } = savedOnly;
    const booted = done.find((step) => step.do === "boot");
    if (platforms.length === 0 || booted === undefined) return [];
    const { why, properties, isDrift } = booted;
    return [{ do: "requirePlatforms", builder: name, platforms, why, properties, isDrift }];
}
