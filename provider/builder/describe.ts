import { askWorkers, NotReadyError, type Workers } from "../buildkit/workers";
import { buildkitAddress, containerName, volumeName } from "../buildx/names";
import { formatPlatforms } from "../buildx/platform";
import { inContainer } from "../docker-buildkitd/inContainer";
import { inspectContainer, isResponsive, startOf } from "../docker/container";
import type { Engine } from "../docker/engine";
import { imageDigest, inspectImage } from "../docker/image";
import type { ObservedContainer, ObservedNode } from "./observe";
import type { BuilderOutputs, NodeOutputs } from "./outputs";

/** A node's outputs, and what is kept beside them. */
export interface Described {
    readonly outputs: NodeOutputs;
    /** When its container was started whose buildkitd said what the outputs have of it; `undefined` where none did. */
    readonly startedAt: string | undefined;
}

/** What a buildkitd said: `undefined` where it was not asked, `"nothing"` where it was and does not answer. */
type Said = Workers | "nothing" | undefined;

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
    { asked, before }: { asked?: Workers | undefined; before?: Described | undefined } = {},
): Promise<Described> {
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
 * One node as {@link observe} has found it. Its buildkitd is asked where it may offer something that it did not before.
 *
 * @param before what the state has of it.
 */
export async function describeObserved(
    engine: Engine,
    node: string,
    { stored, container }: ObservedNode,
    before: Described,
): Promise<Described> {
    const said = container?.isRunning ? await askIfChanged(engine, containerName(node), container, before) : undefined;
    return described(node, stored, container, said, before);
}

/** How long the answer of one buildkitd tells of the others, in seconds; it looks for emulators every 20. */
const answerHolds = 10;

/**
 * What a running buildkitd offers, where it is not known to be what it did before. While it runs it only adds to that, as
 * emulators come to its host (buildkit: `util/archutil`). Those it has in common with the others there: of all that are made
 * alike one is asked, and the others only where it offers something that they did not.
 */
async function askIfChanged(
    engine: Engine,
    name: string,
    { startedAt, imageDigest: image, settings }: ObservedContainer,
    { startedAt: startedBefore, outputs }: Described,
): Promise<Said> {
    let isAsked = false;
    const askThis = () => {
        isAsked = true;
        return askWorkers(inContainer(engine, name));
    };
    const alike = JSON.stringify(["workers", image, settings.fixed]);
    const said = await engine.answers.share(alike, answerHolds, askThis).catch(ifNotReady);
    if (isAsked) return said;
    const isSame =
        startedAt === startedBefore &&
        said !== "nothing" &&
        formatPlatforms(said.platforms).every((platform) => outputs.platforms.includes(platform));
    return isSame ? undefined : ask(engine, name);
}

const ask = (engine: Engine, name: string): Promise<Said> => askWorkers(inContainer(engine, name)).catch(ifNotReady);

function described(
    node: string,
    stored: string,
    container: Pick<ObservedContainer, "isRunning" | "startedAt" | "imageDigest"> | undefined,
    said: Said,
    before: Described | undefined,
): Described {
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

/** A node of which nothing is left, or of which the engine cannot be asked. */
export const absentNode = (node: string, dockerEndpoint: string): Described =>
    described(node, dockerEndpoint, undefined, undefined, undefined);

/** The outputs of a builder, from those of its nodes; what is told of one is told of the first. */
export function builderOutputs(name: string, nodes: NodeOutputs[]): BuilderOutputs {
    const [{ imageDigest: _, volumeName: __, ...ofFirst }] = nodes as [NodeOutputs];
    return { ...ofFirst, name, platforms: [...new Set(nodes.flatMap((node) => node.platforms))], nodes };
}

function ifNotReady(error: unknown): "nothing" {
    if (error instanceof NotReadyError) return "nothing";
    throw error;
}
