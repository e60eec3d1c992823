/** Decides which daemons are connected to, and whether the builder's platforms are checked. */
import { isDeepStrictEqual } from "node:util";
import type { Cause } from "../../bridges/lifecycle";
import { causeOf, pathIn } from "../builder/causes";
import { changedPaths, pathOfNode } from "./causes";
import type { DesiredNode, DesiredRemote } from "./desired";
import type { PreviousRemote } from "./previous";
import type { Step } from "./steps";

/**
 * Returns the steps that wait for the daemons of new and changed nodes, and of nodes whose daemon did not respond when
 * Pulumi last queried it. They are the first steps: if a daemon does not respond, nothing changes.
 */
export function planConnections(desired: DesiredRemote, previous: PreviousRemote | undefined): Step[] {
    const causes = new Map(
        desired.nodes.flatMap((node) => {
            const cause = causeOfConnection(node, desired, previous);
            return cause === undefined ? [] : [[node, cause] as const];
        }),
    );
    const { requirePlatforms: platforms, bootTimeout: seconds } = desired.savedOnly;
    const required = platforms.length === 0 ? undefined : causeOfRequirement(desired, previous, [...causes.values()]);
    const connections = desired.nodes.flatMap((node): Step[] => {
        const cause = causes.get(node) ?? required; // a check of the platforms needs those of all nodes
        return cause === undefined ? [] : [{ do: "connect", node, seconds, ...cause }];
    });
    if (required === undefined) return connections;
    return [...connections, { do: "requirePlatforms", builder: desired.name, platforms, ...required }];
}

function causeOfConnection(
    node: DesiredNode,
    { args }: DesiredRemote,
    previous: PreviousRemote | undefined,
): Cause | undefined {
    if (previous === undefined) return { why: "the builder does not exist yet" };
    const before = previous.nodes.find(({ name }) => name === node.name);
    if (before === undefined)
        return { why: `node ${node.name} was added`, properties: [pathOfNode(node)], isDrift: false };
    const isChanged = before.desired.address !== node.address || !isDeepStrictEqual(before.desired.tls, node.tls);
    if (isChanged) return causeOf(changedPaths(previous.args, args, ["name", "endpoint", "tls"]), "the node differs");
    if (before.outputs.status === "running") return undefined;
    const why = `no BuildKit daemon responded at ${node.address}`;
    return { why, properties: [pathIn(node, "status")], isDrift: true };
}

/** @param connections the causes of the connections to nodes. */
function causeOfRequirement(
    { savedOnly: { requirePlatforms }, nodes }: DesiredRemote,
    previous: PreviousRemote | undefined,
    connections: readonly Cause[],
): Cause | undefined {
    const stay = previous?.nodes.filter(({ name }) => nodes.some((node) => node.name === name)) ?? [];
    const offered = stay.flatMap(({ outputs }) => outputs.platforms);
    const missing = requirePlatforms.filter((platform) => !offered.includes(platform));
    const [first] = connections;
    if (first !== undefined || missing.length === 0) return first;
    const before = previous?.desired.savedOnly.requirePlatforms ?? [];
    const isDrift = missing.every((platform) => before.includes(platform));
    return { why: `the builder does not offer ${missing.join(", ")}`, properties: ["requirePlatforms"], isDrift };
}
