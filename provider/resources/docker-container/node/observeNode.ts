/** Observes a node of the program on its engine. */
import type { ContainerInspectInfo, ImageInspectInfo } from "dockerode";
import { queryWorkers } from "../../../buildkit/workers";
import { nextContainerName } from "../../../buildx/names";
import { formatPlatforms } from "../../../text/platform";
import { inContainer } from "../../../docker/buildkitd/inContainer";
import { inspectContainer, isResponsive, startOf } from "../../../docker/engine/container";
import { type Engine, type EngineTraits, traitsOf, UnreachableError } from "../../../docker/engine/engine";
import { digestInRegistry, findImage, imageDigest, inspectImage } from "../../../docker/engine/image";
import { findNetwork, networkOf } from "../../../docker/engine/network";
import { isPodman } from "../../../docker/engine/podman";
import { inspectVolume } from "../../../docker/engine/volume";
import { type Owner, ownerOf } from "../../../ownership";
import { isImageAsked, isPinned } from "../../../registry/imageReference";
import type { DesiredBuilder, DesiredNode, SavedOnly } from "../desired";
import {
    type ContextStatus,
    type NodeConnection,
    type NodeLocation,
    type OwnContext,
    ownContext,
    statusOfContext,
} from "./connect";
import { settingsOfContainer } from "./containerSettings";
import { digestInContainer } from "./files";
import type { Connected, ProgramNode } from "./node";
import type { Recognition } from "./recognize";
import type { Settings } from "./settings";

/** A node of the program, and what exists of it. */
export interface ObservedNode extends ProgramNode {
    /** The endpoint to write to buildx's record. Empty if it is not known. */
    readonly stored: string;
    /** The host of the engine, for messages. */
    readonly host: string;
    /** Why the engine cannot be queried. If set, nothing else is known of the node. */
    readonly error?: string | undefined;
    readonly engine: EngineTraits;
    /**
     * The docker context that the node needs for itself so that buildx can reach it, and how the existing context
     * compares.
     */
    readonly context: (OwnContext & { readonly status: ContextStatus }) | undefined;
    readonly container: ObservedContainer | undefined;
    /** Whether there is a container that an interrupted update created to replace the node's container. */
    readonly hasNext?: boolean;
    readonly volume: { readonly isOurs: boolean } | undefined;
    /** Whether the engine has the image in the arguments. */
    readonly hasImage: boolean;
    readonly hasNetwork: boolean;
}

export interface ObservedContainer {
    readonly isOurs: boolean;
    /** The resource that created the container; `undefined` if no resource did. */
    readonly owner: Owner | undefined;
    /** Whether the container is running and not paused. */
    readonly isRunning: boolean;
    /**
     * Whether buildkitd responded since the container was started. A container whose buildkitd cannot boot also runs,
     * for a moment after each restart.
     */
    readonly hasAnswered: boolean;
    /**
     * When the container was last started. `undefined` if it never was: its creation may have been interrupted before
     * its files were copied.
     */
    readonly startedAt: string | undefined;
    /** Why the engine could not start the container, if a start was attempted. */
    readonly cannotStart?: string;
    /**
     * Whether the name of the image now refers to another image, on the engine or (with `pull` "always") in the
     * registry.
     */
    readonly imageMoved: boolean;
    /** Digest of the image that the container was created from. Empty if the engine no longer has the image. */
    readonly imageDigest: string;
    /** The platforms that buildkitd offers. Queried only if the builder has `requirePlatforms`. */
    readonly platforms: readonly string[];
    readonly settings: Settings;
}

/** Returns a node of which only the error is known. */
export const unreachableNode = (node: ProgramNode, error: string): ObservedNode => ({
    ...node,
    stored: "",
    host: "",
    error,
    engine: {},
    context: undefined,
    container: undefined,
    volume: undefined,
    hasImage: false,
    hasNetwork: false,
});

/** @param isNewBuilder whether Pulumi's state does not have the builder. */
export async function observeNode(
    node: Connected<ProgramNode>,
    recognition: Recognition,
    builder: DesiredBuilder,
    isNewBuilder: boolean,
): Promise<ObservedNode> {
    const { connection } = node;
    if (connection.error !== undefined) return unreachableNode(node, connection.error.message);
    return observeReached(node, connection, recognition, builder, isNewBuilder).catch((error: unknown) => {
        if (!(error instanceof UnreachableError)) throw error;
        return unreachableNode(node, error.message); // the engine went away after it responded
    });
}

async function observeReached(
    node: ProgramNode,
    { engine, location }: Extract<NodeConnection, { engine: Engine }>,
    { isContainerOurs, isVolumeOurs }: Recognition,
    { owner: self, savedOnly }: DesiredBuilder,
    isNewBuilder: boolean,
): Promise<ObservedNode> {
    const { desired, previous } = node;
    const { image, network } = desired.settings.fixed;
    const [traits, container, volume, foundImage, foundNetwork, context] = await Promise.all([
        traitsOf(engine),
        inspectContainer(engine, desired.container),
        inspectVolume(engine, desired.volume),
        findImage(engine, image, desired.imageInMirrors),
        findNetwork(engine, network),
        contextOf(location, self.urn),
    ]);
    const wanted = foundImage?.image;
    const used = container && (container.Image === wanted?.Id ? wanted : await inspectImage(engine, container.Image));
    const owner = ownerOf(container?.Config.Labels);
    const isRunning = isResponsive(container);
    const isAsked = isRunning && savedOnly.requirePlatforms.length > 0;
    const workers = isAsked
        ? await queryWorkers(inContainer(engine, desired.container)).catch(() => undefined)
        : undefined;
    // Only a killed update leaves a next container behind. If it was killed after the drain, this container is stopped.
    const mayHaveNext = !isNewBuilder && !isRunning;
    const answersSince = previous?.answersSince;
    return {
        ...node,
        stored: location.stored,
        host: location.endpoint.host,
        engine: traits,
        context,
        container: container && {
            isOurs: isContainerOurs(owner),
            owner,
            isRunning,
            hasAnswered: workers !== undefined || (answersSince !== undefined && answersSince === startOf(container)),
            startedAt: startOf(container),
            imageMoved: await hasMoved(engine, { container, used, wanted, node: desired, pull: savedOnly.pull }),
            imageDigest: used ? imageDigest(used, container.Config.Image) : "",
            platforms: formatPlatforms(workers?.platforms ?? []),
            settings: settingsOfContainer(container, {
                image: used,
                engine: traits,
                isPodman: await isPodman(engine, container.Config.Env),
                network: networkOf(container, network, foundNetwork),
                files: await digestInContainer(engine, container, desired.settings.fixed.files),
                asked: desired.settings.fixed,
            }),
        },
        hasNext: mayHaveNext && (await inspectContainer(engine, nextContainerName(desired.name))) !== undefined,
        volume: volume && { isOurs: isVolumeOurs(ownerOf(volume.Labels)) },
        hasImage: wanted !== undefined,
        hasNetwork: foundNetwork !== undefined,
    };
}

/**
 * Returns the docker context that a location needs for itself, and how the existing context compares. `undefined` if
 * the location needs none.
 */
export async function contextOf(location: NodeLocation, urn: string): Promise<ObservedNode["context"]> {
    const needed = ownContext(location, urn);
    return needed && { ...needed, status: await statusOfContext(needed) };
}

interface ImageFacts {
    container: ContainerInspectInfo;
    /** The image that the container was created from. `undefined` if the engine no longer has it. */
    used: ImageInspectInfo | undefined;
    /** The image that the engine has under the name in the arguments. */
    wanted: ImageInspectInfo | undefined;
    node: DesiredNode;
    pull: SavedOnly["pull"];
}

async function hasMoved(engine: Engine, { container, used, wanted, node, pull }: ImageFacts): Promise<boolean> {
    const { image } = node.settings.fixed;
    if (isPinned(image) || !isImageAsked(container.Config.Image, image)) return false;
    if (wanted !== undefined && wanted.Id !== container.Image) return true;
    if (pull === "missing" || used === undefined) return false;
    const newest = await digestInRegistry(engine, image, node.imageInMirrors);
    return newest !== undefined && !(used.RepoDigests ?? []).some((each) => each.endsWith(`@${newest}`));
}
