/** The outputs of a node. */
import type { Workers } from "../../../buildkit/workers";
import { buildkitAddress, containerName, volumeName } from "../../../buildx/names";
import { formatPlatforms } from "../../../text/platform";
import type { BuilderOutputs, NodeOutputs } from "../../builder/outputs";

/** A node's outputs, and what Pulumi's state keeps with them. */
export interface DescribedNode {
    readonly outputs: NodeOutputs;
    /** When the container was started whose buildkitd reported these outputs; `undefined` if no buildkitd did. */
    readonly startedAt: string | undefined;
}

/** What a buildkitd reported: `undefined` if it was not queried, `"nothing"` if it was queried and does not respond. */
export type Reported = Workers | "nothing" | undefined;

/** What the outputs take from a container. */
export interface DescribedContainer {
    /** Whether the container is running and not paused. */
    readonly isRunning: boolean;
    readonly startedAt: string | undefined;
    /** Empty if the engine no longer has the image. */
    readonly imageDigest: string;
}

/**
 * @param stored the node's endpoint in buildx's record.
 * @param before the node in Pulumi's state.
 */
export function describeNode(
    node: string,
    stored: string,
    container: DescribedContainer | undefined,
    reported: Reported,
    before: DescribedNode | undefined,
): DescribedNode {
    const name = containerName(node);
    const workers = reported === "nothing" ? undefined : reported;
    const isRunning = container?.isRunning === true && reported !== "nothing";
    const outputs: NodeOutputs = {
        name: node,
        containerName: name,
        endpoint: buildkitAddress(name),
        dockerEndpoint: stored,
        platforms: workers ? formatPlatforms(workers.platforms) : [...(before?.outputs.platforms ?? [])],
        buildkitVersion: workers?.version ?? before?.outputs.buildkitVersion ?? "",
        imageDigest: (container?.imageDigest || before?.outputs.imageDigest) ?? "",
        status: container === undefined ? "inactive" : isRunning ? "running" : "stopped",
        volumeName: volumeName(node),
    };
    return { outputs, startedAt: workers ? container?.startedAt : before?.startedAt };
}

/** Returns the outputs of a node that does not exist. */
export const absentNode = (node: string, dockerEndpoint: string): DescribedNode =>
    describeNode(node, dockerEndpoint, undefined, undefined, undefined);

/** Returns the outputs of a node whose engine is unreachable. */
export const inactiveNode = (node: string, before: DescribedNode | undefined): DescribedNode =>
    before ? { ...before, outputs: { ...before.outputs, status: "inactive" } } : absentNode(node, "");

/** Returns the outputs of a builder: the platforms of all nodes, and the other outputs of the first node. */
export function builderOutputs(name: string, nodes: NodeOutputs[]): BuilderOutputs {
    const [{ imageDigest: _, volumeName: __, ...ofFirst }] = nodes as [NodeOutputs];
    return { ...ofFirst, name, platforms: [...new Set(nodes.flatMap((node) => node.platforms))], nodes };
}
