/** Why a builder must not be changed: one function for each reason. */
import { driver } from "../../buildx/store";
import { whyLeftBehind } from "../../docker/engine/leftBehind";
import type { DesiredBuilder, DesiredNode } from "./desired";
import type { Observed, ObservedNode } from "./observe";

type Refusal = (desired: DesiredBuilder, observed: Observed) => string | undefined;

/** Returns the first reason that applies. */
export function whyRefused(desired: DesiredBuilder, observed: Observed): string | undefined {
    for (const refusal of refusals) {
        const why = refusal(desired, observed);
        if (why !== undefined) return why;
    }
    return undefined;
}

const hidesContext: Refusal = ({ name }, { isContext, previous }) =>
    isContext && !previous
        ? `builder "${name}" would hide the docker context of that name: choose another name`
        : undefined;

const isOnAnotherEngine: Refusal = ({ name }, { nodes }) => {
    const left = nodes.find(({ leftAt }) => leftAt !== undefined);
    if (left?.leftAt === undefined) return undefined;
    return whyLeftBehind(`builder "${name}"`, left.leftAt, left.stored);
};

/** The record has another driver. buildx itself refuses to change the driver of a builder. */
const hasOtherDriver: Refusal = ({ name }, { record }) => {
    if (record.is !== "present" || record.nodeGroup.Driver === driver) return undefined;
    return (
        `builder "${name}" exists already in buildx's store, with the driver ${record.nodeGroup.Driver} instead of ${driver}: ` +
        `choose another name, or remove it with: docker buildx rm ${name}`
    );
};

const containerIsUnmanaged: Refusal = ({ name, nodes, adopt }, observed) => {
    const foreign = nodes.findIndex((_, index) => observed.nodes[index]?.container?.isOurs === false);
    if (foreign < 0 || adopt) return undefined;
    const { host, container } = observed.nodes[foreign] as ObservedNode;
    const owner = container?.owner;
    return (
        `builder "${name}" exists already on ${host}: container ${nodes[foreign]?.container} was made ` +
        `${owner === undefined ? "by buildx or by hand" : `by ${owner.urn}`}. ` +
        `Set adopt: true to take it over with its cache, choose another name, or remove it with: docker buildx rm ${name}`
    );
};

const recordIsUnmanaged: Refusal = ({ name, adopt }, { record, previous, nodes }) => {
    const isOurs = previous !== undefined || nodes.some((node) => node.container?.isOurs);
    if (record.is === "absent" || isOurs || adopt) return undefined;
    return (
        `builder "${name}" exists already in buildx's store. ` +
        `Set adopt: true to take it over, choose another name, or remove it with: docker buildx rm ${name}`
    );
};

/**
 * Writing the record would lose a node that is neither in the program nor in Pulumi's state. If Pulumi has
 * the builder and this package wrote the record, no node is lost: the node was removed from the program on another
 * machine.
 */
const nodesAreLost: Refusal = ({ name, nodes }, { record, previous }) => {
    if (record.is !== "present" || (previous !== undefined && record.isOwn)) return undefined;
    const isNamed = (node: string) => [...nodes, ...(previous?.nodes ?? [])].some((each) => each.name === node);
    const lost = record.nodeGroup.Nodes.find(({ Name: node }) => !isNamed(node));
    if (lost === undefined) return undefined;
    return (
        `builder "${name}" has a node ${lost.Name} on ${lost.Endpoint} that the program does not name, and that would be left ` +
        `behind there: add it to nodes, as { name: "${lost.Name}", endpoint: "${lost.Endpoint}" }, or take it out of the builder with: ` +
        `docker buildx create --name ${name} --node ${lost.Name} --leave`
    );
};

const twoNodesOnOneEngine: Refusal = ({ name, nodes }, observed) => {
    const twice = observed.nodes.findIndex(({ stored }, index) =>
        observed.nodes.slice(0, index).some((each) => stored !== "" && each.stored === stored),
    );
    if (twice < 0) return undefined;
    const other = observed.nodes.findIndex(({ stored }) => stored === observed.nodes[twice]?.stored);
    return (
        `nodes ${nodes[other]?.name} and ${nodes[twice]?.name} of builder "${name}" are both on ` +
        `${observed.nodes[twice]?.stored}, which buildx does not allow: give each an engine of its own`
    );
};

/** Returns a refusal that applies if a reason applies to one of the nodes whose engine responds. */
const ofAnyNode =
    (why: (node: DesiredNode, observed: ObservedNode, builder: string) => string | undefined): Refusal =>
    ({ name, nodes }, observed) => {
        for (const [index, node] of nodes.entries()) {
            const found = observed.nodes[index] as ObservedNode;
            const reason = found.error === undefined ? why(node, found, name) : undefined;
            if (reason !== undefined) return reason;
        }
        return undefined;
    };

const networkIsMissing = ofAnyNode(({ settings }, { host, container, hasNetwork }, builder) => {
    const { network } = settings.fixed;
    if (hasNetwork || container?.settings.fixed.network === network) return undefined;
    const other = /^container:(.*)/.exec(network)?.[1];
    if (other !== undefined) {
        return (
            `container "${other}", whose network builder "${builder}" is to share, does not exist on ${host}: ` +
            "start it first, or choose another network"
        );
    }
    return (
        `network "${network}" of builder "${builder}" does not exist on ${host}: ` +
        `make it first, with docker network create ${network}, or as a resource that the builder depends on`
    );
});

const stateVolumeIsMissing = ofAnyNode(({ volume: name, isStateVolume }, { host, volume }, builder) => {
    if (volume !== undefined || !isStateVolume) return undefined;
    return (
        `state volume ${name} of builder "${builder}" is not on ${host}: ` +
        "its BuildKitState creates it again with the next pulumi up that is not limited to other resources"
    );
});

const contextIsUnmanaged = ofAnyNode((_, { context }, builder) => {
    if (context?.status !== "foreign") return undefined;
    return (
        `builder "${builder}" needs a docker context ${context.name}, and there is one that someone else made: ` +
        `remove it with docker context rm ${context.name}, or give the context as endpoint instead of tls`
    );
});

const refusals: readonly Refusal[] = [
    hidesContext,
    isOnAnotherEngine,
    hasOtherDriver,
    containerIsUnmanaged,
    recordIsUnmanaged,
    nodesAreLost,
    twoNodesOnOneEngine,
    networkIsMissing,
    stateVolumeIsMissing,
    contextIsUnmanaged,
];
