import type { Workers } from "../buildkit/workers";
import { askWorkers, NotReadyError } from "../buildkit/workers";
import { buildkitAddress, containerName, volumeName } from "../buildx/names";
import { formatPlatforms } from "../buildx/platform";
import { inspectContainer, isRunning } from "../docker/container";
import type { Engine } from "../docker/engine";
import { imageDigest, inspectImage } from "../docker/image";
import type { BuilderOutputs, NodeOutputs } from "./outputs";

/** What is said of a node whose container is not there to ask. */
export interface Fallback {
    readonly platforms: readonly string[];
    readonly buildkitVersion: string;
    readonly imageDigest: string;
}

const nothingKnown: Fallback = { platforms: [], buildkitVersion: "", imageDigest: "" };

/**
 * One node as it is on the engine now.
 *
 * @param stored what buildx's record says of its place.
 * @param asked what its buildkitd said a moment ago, so that it is not asked again.
 */
export async function describeNode(
    engine: Engine,
    stored: string,
    node: string,
    { asked, before = nothingKnown }: { asked?: Workers | undefined; before?: Fallback | undefined } = {},
): Promise<NodeOutputs> {
    const name = containerName(node);
    const container = await inspectContainer(engine, name);
    const runs = isRunning(container);
    const [workers, image] = await Promise.all([
        asked ?? (runs ? askWorkers(engine, name).catch(ifNotReady) : undefined),
        container && inspectImage(engine, container.Image),
    ]);
    return {
        name: node,
        containerName: name,
        endpoint: buildkitAddress(name),
        dockerEndpoint: stored,
        platforms: workers ? formatPlatforms(workers.platforms) : [...before.platforms],
        buildkitVersion: workers?.version ?? before.buildkitVersion,
        imageDigest: container && image ? imageDigest(image, container.Config.Image) : before.imageDigest,
        status: container === undefined ? "inactive" : runs ? "running" : "stopped",
        volumeName: volumeName(node),
    };
}

/** A node of which nothing is left, or of which the engine cannot be asked. */
export const absentNode = (node: string, dockerEndpoint: string): NodeOutputs => ({
    name: node,
    containerName: containerName(node),
    endpoint: buildkitAddress(containerName(node)),
    dockerEndpoint,
    platforms: [],
    buildkitVersion: "",
    imageDigest: "",
    status: "inactive",
    volumeName: volumeName(node),
});

/** The outputs of a builder, from those of its nodes; what is told of one is told of the first. */
export function builderOutputs(name: string, nodes: NodeOutputs[]): BuilderOutputs {
    const [{ imageDigest: _, volumeName: __, ...ofFirst }] = nodes as [NodeOutputs];
    return { ...ofFirst, name, platforms: [...new Set(nodes.flatMap((node) => node.platforms))], nodes };
}

function ifNotReady(error: unknown): undefined {
    if (error instanceof NotReadyError) return undefined;
    throw error;
}
