import { queryWorkers, NotReadyError, type Workers } from "../../../buildkit/workers";
import { buildkitAddress, containerName, volumeName } from "../../../buildx/names";
import { formatPlatforms } from "../../../text/platform";
import { inContainer } from "../../../docker/buildkitd/inContainer";
import { inspectContainer, isResponsive, startOf } from "../../../docker/engine/container";
import type { Engine } from "../../../docker/engine/engine";
import { imageDigest, inspectImage } from "../../../docker/engine/image";
import type { ObservedContainer, ObservedNode } from "../observe";
import type { BuilderOutputs, NodeOutputs } from "../../builder/outputs";

/** A node's outputs, and what Pulumi's state keeps with them. */
export interface DescribedNode {
    readonly outputs: NodeOutputs;
    /** When the container was started whose buildkitd reported these outputs; `undefined` if no buildkitd did. */
    readonly startedAt: string | undefined;
}

/** What a buildkitd reported: `undefined` if it was not queried, `"nothing"` if it was queried and does not respond. */
type Said = Workers | "nothing" | undefined;

/**
 * Returns the outputs of a node as it is on the engine now.
 *
 * @param stored the node's endpoint in buildx's record.
 * @param asked what the node's buildkitd just reported. If given, it is not queried again.
 */
export async function readNodeOutputs(
    engine: Engine,
    stored: string,
    node: string,
    { asked, before }: { asked?: Workers | undefined; before?: DescribedNode | undefined } = {},
): Promise<DescribedNode> {
    const name = containerName(node);
    const container = await inspectContainer(engine, name);
    const runs = isResponsive(container);
    const [said, image] = await Promise.all([
        asked ?? (runs ? ask(engine, name) : undefined),
        container && inspectImage(engine, container.Image),
    ]);
    const found = container && {
        isRunning: runs,
        startedAt: startOf(container),
        imageDigest: image ? imageDigest(image, container.Config.Image) : "",
    };
    return described(node, stored, found, said, before);
}

/**
 * Returns the outputs of a node as {@link observe} found it. Queries its buildkitd only if it may offer something new.
 *
 * @param before the node in Pulumi's state.
 */
export async function observedNodeOutputs(
    engine: Engine,
    node: string,
    { stored, container }: ObservedNode,
    before: DescribedNode,
): Promise<DescribedNode> {
    const said = container?.isRunning ? await askIfChanged(engine, containerName(node), container, before) : undefined;
    return described(node, stored, container, said, before);
}

/** How long one buildkitd's response is used for others, in seconds. buildkitd detects emulators every 20 seconds. */
const answerHolds = 10;

/**
 * Returns what a running buildkitd offers, or `undefined` if it is known to offer the same as before. While buildkitd
 * runs, it only adds platforms, when emulators are registered on its host (buildkit: `util/archutil`).
 *
 * All containers on an engine share its emulators, so only one container with the same image and settings is queried.
 * Another container is also queried if the first one does not respond or offers a platform that the other did not offer
 * before, or if the other was restarted.
 */
async function askIfChanged(
    engine: Engine,
    name: string,
    { startedAt, imageDigest: image, settings }: ObservedContainer,
    { startedAt: startedBefore, outputs }: DescribedNode,
): Promise<Said> {
    let isAsked = false;
    const askThis = () => {
        isAsked = true;
        return queryWorkers(inContainer(engine, name));
    };
    const alike = JSON.stringify(["workers", image, settings.fixed]);
    const said = await engine.requests.get(alike, answerHolds, askThis).catch(ifNotReady);
    if (isAsked) return said;
    const isSame =
        startedAt === startedBefore &&
        said !== "nothing" &&
        formatPlatforms(said.platforms).every((platform) => outputs.platforms.includes(platform));
    return isSame ? undefined : ask(engine, name);
}

const ask = (engine: Engine, name: string): Promise<Said> => queryWorkers(inContainer(engine, name)).catch(ifNotReady);

function described(
    node: string,
    stored: string,
    container: Pick<ObservedContainer, "isRunning" | "startedAt" | "imageDigest"> | undefined,
    said: Said,
    before: DescribedNode | undefined,
): DescribedNode {
    const name = containerName(node);
    const workers = said === "nothing" ? undefined : said;
    const isRunning = container?.isRunning === true && said !== "nothing";
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

/** Returns the outputs of a node that does not exist, or whose engine is unreachable. */
export const absentNode = (node: string, dockerEndpoint: string): DescribedNode =>
    described(node, dockerEndpoint, undefined, undefined, undefined);

/** Returns the outputs of a builder: the platforms of all nodes, and the other outputs of the first node. */
export function builderOutputs(name: string, nodes: NodeOutputs[]): BuilderOutputs {
    const [{ imageDigest: _, volumeName: __, ...ofFirst }] = nodes as [NodeOutputs];
    return { ...ofFirst, name, platforms: [...new Set(nodes.flatMap((node) => node.platforms))], nodes };
}

function ifNotReady(error: unknown): "nothing" {
    if (error instanceof NotReadyError) return "nothing";
    throw error;
}
