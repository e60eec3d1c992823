/** Why a builder must not be changed: one function for each reason. */
import { driver } from "../../buildx/store";
import { whyLeftBehind } from "../../docker/engine/leftBehind";
import { whyContextOfSameName, whyOfOtherDriver, whyUnmanagedRecord } from "../builder/refusals";
import type { DesiredBuilder } from "./desired";
import type { ObservedNode } from "./node/observeNode";
import type { Observed } from "./observe";
import type { PreviousBuilder } from "./previous";

type Refusal = (
    desired: DesiredBuilder,
    observed: Observed,
    previous: PreviousBuilder | undefined,
) => string | undefined;

/** Returns the first reason that applies. */
export const whyRefused: Refusal = (desired, observed, previous) => {
    for (const refusal of refusals) {
        const why = refusal(desired, observed, previous);
        if (why !== undefined) return why;
    }
    return undefined;
};

const hasContextOfSameName: Refusal = ({ name }, { isContext }, previous) =>
    isContext && !previous ? whyContextOfSameName(name) : undefined;

const isOnAnotherEngine: Refusal = ({ name }, { nodes }) => {
    for (const { leftAt, stored } of nodes) {
        if (leftAt !== undefined) return whyLeftBehind(`builder "${name}"`, leftAt, stored);
    }
    return undefined;
};

const hasOtherDriver: Refusal = ({ name }, { record }) => whyOfOtherDriver(name, record, driver);

const containerIsUnmanaged: Refusal = ({ name, adopt }, { nodes }) => {
    const unmanaged = nodes.find(({ container }) => container?.isOurs === false);
    if (unmanaged === undefined || adopt) return undefined;
    const { desired, host, container } = unmanaged;
    const creator = container?.owner === undefined ? "buildx or a user" : container.owner.urn;
    return (
        `builder "${name}" already exists on ${host}: container ${desired.container} was created by ${creator}. ` +
        `Set adopt: true to take it over with its cache, choose another name, or remove it with: docker buildx rm ${name}`
    );
};

const recordIsUnmanaged: Refusal = ({ name, adopt }, { record, nodes }, previous) => {
    const isOurs = previous !== undefined || nodes.some((node) => node.container?.isOurs);
    if (record.is === "absent" || isOurs || adopt) return undefined;
    return whyUnmanagedRecord(name);
};

/**
 * Writing the record would lose a node that is neither in the program nor in Pulumi's state. If Pulumi has
 * the builder and this package wrote the record, no node is lost: the node was removed from the program on another
 * machine.
 */
const nodesAreLost: Refusal = ({ name, nodes }, { record }, previous) => {
    if (record.is !== "present" || (previous !== undefined && record.isOwn)) return undefined;
    const isNamed = (node: string) => [...nodes, ...(previous?.nodes ?? [])].some((each) => each.name === node);
    const lost = record.nodeGroup.Nodes.find(({ Name: node }) => !isNamed(node));
    if (lost === undefined) return undefined;
    return (
        `builder "${name}" has a node ${lost.Name} on ${lost.Endpoint} that is not in the program, and its container would ` +
        `remain there without a record. Add the node to nodes, as { name: "${lost.Name}", endpoint: "${lost.Endpoint}" }, ` +
        `or remove it from the builder with: docker buildx create --name ${name} --node ${lost.Name} --leave`
    );
};

const twoNodesOnOneEngine: Refusal = ({ name }, { nodes }) => {
    const seen = new Map<string, ObservedNode>();
    for (const node of nodes) {
        if (node.stored === "") continue;
        const other = seen.get(node.stored);
        seen.set(node.stored, other ?? node);
        if (other === undefined) continue;
        return (
            `nodes ${other.desired.name} and ${node.desired.name} of builder "${name}" are both on ${node.stored}, which ` +
            "buildx does not allow. Set another endpoint for one of them"
        );
    }
    return undefined;
};

/** Returns a refusal that applies if a reason applies to one of the nodes whose engine responds. */
const ofAnyNode =
    (why: (node: ObservedNode, builder: string) => string | undefined): Refusal =>
    ({ name }, { nodes }) => {
        for (const node of nodes) {
            const reason = node.error === undefined ? why(node, name) : undefined;
            if (reason !== undefined) return reason;
        }
        return undefined;
    };

const networkIsMissing = ofAnyNode(({ desired, host, container, hasNetwork }, builder) => {
    const { network } = desired.settings.fixed;
    if (hasNetwork || container?.settings.fixed.network === network) return undefined;
    const other = /^container:(.*)/.exec(network)?.[1];
    if (other !== undefined) {
        return (
            `container "${other}", whose network builder "${builder}" uses, does not exist on ${host}. ` +
            "Start the container first, or choose another network"
        );
    }
    return (
        `network "${network}" of builder "${builder}" does not exist on ${host}. Create it as a resource that the builder ` +
        `depends on, or with: docker network create ${network}`
    );
});

const stateVolumeIsMissing = ofAnyNode(({ desired: { volume: name, isStateVolume }, host, volume }, builder) => {
    if (volume !== undefined || !isStateVolume) return undefined;
    return (
        `state volume ${name} of builder "${builder}" is not on ${host}. Its BuildKitState recreates it: run pulumi up ` +
        "without --target"
    );
});

const contextIsUnmanaged = ofAnyNode(({ context }, builder) => {
    if (context?.status !== "foreign") return undefined;
    return (
        `builder "${builder}" needs a docker context ${context.name}, but another process or user created a context of that ` +
        `name. Set endpoint to the context instead of tls, or remove it with: docker context rm ${context.name}`
    );
});

const refusals: readonly Refusal[] = [
    hasContextOfSameName,
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
