/** Why a node is created, changed or removed, and the arguments that cause it. */
import type { Cause } from "../../../bridges/lifecycle";
import type { DesiredBuilder, DesiredNode } from "../desired";
import { allOptions } from "../options/groups";
import { isAtSameLocation, type RemovedNode, wasReached } from "./node";
import type { ObservedNode } from "./observeNode";
import { type ArgumentKeys, hasChanged, pathOf, pathOfNode, pathOfOutput, type WrittenArguments } from "./written";

/** Returns why a node's container does not exist. */
export function causeOfMissing({ desired, previous, stored }: ObservedNode, isNewBuilder: boolean): Cause {
    const { written } = desired;
    if (isNewBuilder) return { why: "the container does not exist" };
    if (previous === undefined) return { why: `node ${desired.name} was added`, properties: [nodePath(desired)] };
    if (!isAtSameLocation(previous, desired, stored)) return causeOfMove(desired, previous.desired);
    const properties = [pathOfOutput(written, "status")];
    return { why: "the container does not exist", properties, isDrift: wasReached(previous) };
}

/** Returns the cause of a change that concerns the container or the state of a node, not its arguments. */
export const statusCause = ({ written }: DesiredNode, why: string): Cause => ({
    why,
    properties: [pathOfOutput(written, "status")],
    isDrift: true,
});

/** Returns why a node is removed from its location. */
export function causeOfRemoval({ previous }: RemovedNode, { nodes }: DesiredBuilder): Cause {
    const moved = nodes.find(({ name }) => name === previous.name);
    if (moved !== undefined) return causeOfMove(moved, previous.desired);
    return { why: `node ${previous.name} was removed from the program`, properties: ["nodes"], isDrift: false };
}

function causeOfMove(desired: DesiredNode, before: DesiredNode | undefined): Cause {
    const properties = [endpointPath(desired, before)];
    return { why: `the endpoint of node ${desired.name} changed`, properties, isDrift: false };
}

/** Returns the path of the argument that sets the endpoint: `endpoint`, or the `state` that has the endpoint. */
function endpointPath({ written }: DesiredNode, before: DesiredNode | undefined): string {
    const ofState = written.all.state?.endpoint;
    const isOfState = ofState !== undefined && written.all.endpoint === ofState;
    return pathOf([isOfState ? "state" : "endpoint"], written, before?.written);
}

const nodePath = ({ written }: DesiredNode): string => pathOfNode(written) || "nodes";

/** The arguments of a node that buildx's record stores, or from which it gets a file or an endpoint. */
const recordedArguments: readonly ArgumentKeys[] = [
    ...allOptions.map(([name]) => ["driverOpts", name]),
    ["platforms"],
    ["buildkitdFlags"],
    ["buildkitdConfig"],
    ["gc"],
    ["dns"],
    ["tls"],
];

/** Arguments that changed: their names for users, and their paths. */
export interface ChangedArguments {
    readonly names: readonly string[];
    readonly properties: readonly string[];
}

/** Returns the arguments of a node that changed, out of the arguments that buildx's record stores. */
export function changedInRecord({ desired, previous, stored }: ObservedNode): ChangedArguments {
    if (previous === undefined) return { names: ["nodes"], properties: [nodePath(desired)] };
    const before = previous.desired;
    if (!isAtSameLocation(previous, desired, stored))
        return { names: ["endpoint"], properties: [endpointPath(desired, before)] };
    return before === undefined ? { names: [], properties: [] } : changedArguments(recordedArguments, desired, before);
}

/** Returns the arguments that changed, out of `candidates`. */
export function changedArguments(
    candidates: readonly ArgumentKeys[],
    { written: now }: DesiredNode,
    { written: before }: DesiredNode,
): ChangedArguments {
    const changed = candidates.flatMap(withEntries(now, before)).filter((keys) => hasChanged(before, now, keys));
    return {
        names: [...new Set(changed.map(argumentName))],
        properties: changed.map((keys) => pathOf(keys, now, before)),
    };
}

/** Replaces `driverOpts.env` by its variables, because each of them has its own path. */
const withEntries =
    (now: WrittenArguments, before: WrittenArguments) =>
    (keys: ArgumentKeys): ArgumentKeys[] => {
        const [, option] = keys;
        if (option !== "env") return [keys];
        const names = new Set([now, before].flatMap(({ all }) => Object.keys(all.driverOpts?.env ?? {})));
        return [...names].map((name) => [...keys, name]);
    };

/** Returns the name of an argument for users: `memory` for `["driverOpts", "memory"]`. */
export const argumentName = ([argument = "", option]: ArgumentKeys): string =>
    argument === "driverOpts" && option !== undefined ? option : argument;
