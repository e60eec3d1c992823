/** Reads the outputs of a node from its engine. */
import { NotReadyError, queryWorkers, type Workers } from "../../../buildkit/workers";
import { containerName } from "../../../buildx/names";
import { formatPlatforms } from "../../../text/platform";
import { answerHolds } from "../../../docker/buildkitd/boot";
import { inContainer } from "../../../docker/buildkitd/inContainer";
import { inspectContainer, isResponsive, startOf } from "../../../docker/engine/container";
import type { Engine } from "../../../docker/engine/engine";
import { imageDigest, inspectImage } from "../../../docker/engine/image";
import type { ObservedContainer, ObservedNode } from "./observeNode";
import { type DescribedNode, describeNode, type Reported } from "./outputs";

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
    const [reported, image] = await Promise.all([
        asked ?? (runs ? ask(engine, name) : undefined),
        container && inspectImage(engine, container.Image),
    ]);
    const found = container && {
        isRunning: runs,
        startedAt: startOf(container),
        imageDigest: image ? imageDigest(image, container.Config.Image) : "",
    };
    return describeNode(node, stored, found, reported, before);
}

/**
 * Returns the outputs of a node as {@link observe} found it. Queries its buildkitd only if it may offer something new.
 *
 * @param before the node in Pulumi's state.
 */
export async function observedNodeOutputs(
    engine: Engine,
    { desired: { name }, stored, container }: ObservedNode,
    before: DescribedNode,
): Promise<DescribedNode> {
    const reported = container?.isRunning
        ? await askIfChanged(engine, containerName(name), container, before)
        : undefined;
    return describeNode(name, stored, container, reported, before);
}

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
): Promise<Reported> {
    let isAsked = false;
    const askThis = () => {
        isAsked = true;
        return queryWorkers(inContainer(engine, name));
    };
    const alike = JSON.stringify(["workers", image, settings.fixed]);
    const reported = await engine.requests.get(alike, answerHolds, askThis).catch(ifNotReady);
    if (isAsked) return reported;
    const isSame =
        startedAt === startedBefore &&
        reported !== "nothing" &&
        formatPlatforms(reported.platforms).every((platform) => outputs.platforms.includes(platform));
    return isSame ? undefined : ask(engine, name);
}

const ask = (engine: Engine, name: string): Promise<Reported> =>
    queryWorkers(inContainer(engine, name)).catch(ifNotReady);

function ifNotReady(error: unknown): "nothing" {
    if (error instanceof NotReadyError) return "nothing";
    throw error;
}
