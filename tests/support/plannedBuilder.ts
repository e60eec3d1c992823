/** Builders as plain objects, and what `plan` decides for them. */
import type { BuilderInputs } from "../../provider/resources/docker-container/args";
import {
    type DesiredBuilder,
    desiredBuilder,
    type DesiredNode,
} from "../../provider/resources/docker-container/desired";
import { removedNodes } from "../../provider/resources/docker-container/node/node";
import type { Leftovers } from "../../provider/resources/docker-container/node/observeLeftovers";
import type { ObservedNode } from "../../provider/resources/docker-container/node/observeNode";
import { absentNode } from "../../provider/resources/docker-container/node/outputs";
import type { Observed } from "../../provider/resources/docker-container/observe";
import { plan } from "../../provider/resources/docker-container/plan";
import type { PreviousBuilder, PreviousNode } from "../../provider/resources/docker-container/previous";
import { recordOf } from "../../provider/resources/docker-container/record";
import { nodeSteps, type Plan } from "../../provider/resources/docker-container/steps";

export const owner = { urn: "urn:pulumi:dev::p::t::b", store: "0123456789abcdef" };
export const endpoint = "unix:///var/run/docker.sock";

export const desired = (args: Partial<BuilderInputs> = {}): DesiredBuilder =>
    desiredBuilder({ name: "ci", ...args }, owner);

/** What buildx's record says of each node's place. */
export const located = (wanted: DesiredBuilder) =>
    wanted.nodes.map((node) => ({ desired: node, stored: node.endpoint ?? endpoint }));

export const record = (wanted: DesiredBuilder) => recordOf(wanted.name, located(wanted));

/** What Pulumi's state has of a builder that was made by `args`. */
export function previousOf(args: Partial<BuilderInputs>): PreviousBuilder {
    const wanted = desired(args);
    return {
        name: wanted.name,
        args: { name: "ci", ...args },
        desired: wanted,
        nodes: located(wanted).map(previousNode),
    };
}

export const previousNode = ({ desired: node, stored }: { desired: DesiredNode; stored: string }): PreviousNode => ({
    ...node,
    desired: node,
    described: absentNode(node.name, stored),
    stored,
    volumeWasThere: false,
    imageMoved: false,
    drifted: [],
    answersSince: "2026-01-01T00:00:00Z",
});

/** What exists of a builder, and what Pulumi's state has of it. */
export interface Found extends Omit<Observed, "nodes" | "removed"> {
    readonly nodes: readonly FoundNode[];
    readonly previous: PreviousBuilder | undefined;
}

export type FoundNode = Omit<ObservedNode, "desired" | "previous" | "stored">;

/** A builder that is just as `args` ask for it. */
export function asAsked(args: Partial<BuilderInputs> = {}): Found {
    const wanted = desired(args);
    return {
        record: { is: "present", nodeGroup: record(wanted), isOwn: true },
        isContext: false,
        choice: args.use ? "current" : "no",
        previous: previousOf(args),
        nodes: wanted.nodes.map((node) => ({
            host: endpoint,
            engine: { CgroupDriver: "cgroupfs" },
            context: undefined,
            container: {
                isOurs: true,
                owner,
                isRunning: true,
                hasAnswered: true,
                startedAt: "2026-01-01T00:00:00Z",
                imageMoved: false,
                imageDigest: "sha256:0",
                platforms: ["linux/amd64"],
                settings: node.settings,
            },
            volume: { isOurs: true },
            hasImage: true,
            hasNetwork: true,
        })),
    };
}

export const noNode: FoundNode = {
    host: endpoint,
    engine: {},
    context: undefined,
    container: undefined,
    volume: undefined,
    hasImage: true,
    hasNetwork: true,
};

export const nothing: Found = {
    record: { is: "absent" },
    isContext: false,
    choice: "no",
    previous: undefined,
    nodes: [noNode],
};

export const withNode = (found: Found, node: Partial<FoundNode>): Found => ({
    ...found,
    nodes: found.nodes.map((each) => ({ ...each, ...node })),
});

export const withContainer = (found: Found, container: object): Found =>
    withNode(found, { container: { ...found.nodes[0]?.container, ...container } as never });

/** The plan for a builder. Nodes that do not exist yet follow the nodes that exist. */
export function planFor(wanted: DesiredBuilder, { nodes, previous, ...others }: Found): Plan {
    const observed = located(wanted).map((node, index): ObservedNode => {
        const before = previous?.nodes.find(({ name }) => name === node.desired.name);
        return { ...(nodes[index] ?? noNode), ...node, previous: before };
    });
    const removed = removedNodes(previous?.nodes ?? [], observed).map((node) => ({ ...leftovers(node), stays: false }));
    return plan(wanted, { ...others, nodes: observed, removed }, previous);
}

/** What is left of a node that is running. */
export const leftovers = (previous: PreviousNode): Leftovers => ({
    previous,
    name: previous.name,
    engineId: undefined,
    isStateVolume: false,
    context: undefined,
    container: `buildx_buildkit_${previous.name}`,
    volume: `buildx_buildkit_${previous.name}_state`,
    hasContainer: true,
    containerIsOurs: true,
    isRunning: true,
    hasNext: false,
    volumeIsOurs: true,
});

export function steps(wanted: DesiredBuilder, found: Found): string[] {
    const { refusal, replaces = [], nodes, after } = planFor(wanted, found);
    if (refusal !== undefined) return [refusal];
    return [
        ...replaces.map((key) => `replace: ${key}`),
        ...nodeSteps({ nodes }).map((step) => step.do),
        ...after.map((step) => step.do),
    ];
}

export const change = (from: Partial<BuilderInputs>, to: Partial<BuilderInputs>) => steps(desired(to), asAsked(from));

export const newContainer = ["createContainer", "boot"];
export const madeAnew = ["createContainer", "drain", "boot", "replaceContainer"];
