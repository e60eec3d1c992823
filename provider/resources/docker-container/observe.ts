import type { ContainerInspectInfo, ImageInspectInfo } from "dockerode";
import { queryWorkers } from "../../buildkit/workers";
import { containerName, nextContainerName, volumeName } from "../../buildx/names";
import { formatPlatforms } from "../../text/platform";
import { type Choice, choiceOf } from "../../buildx/current";
import { type BuilderRecord, readRecord } from "../../buildx/store";
import { inContainer } from "../../docker/buildkitd/inContainer";
import { inspectContainer, isResponsive, startOf } from "../../docker/engine/container";
import { isContext } from "../../docker/endpoint/context";
import { currentEndpoint } from "../../docker/endpoint/endpoint";
import { type Engine, type EngineTraits, traitsOf } from "../../docker/engine/engine";
import { digestInRegistry, findImage, imageDigest, inspectImage } from "../../docker/engine/image";
import { isImageAsked, isPinned } from "../../registry/imageReference";
import { findNetwork, networkOf } from "../../docker/engine/network";
import { type Owner, ownerOf } from "../../ownership";
import { isPodman } from "../../docker/engine/podman";
import type { TlsArguments } from "../../docker/endpoint/tls";
import { inspectVolume } from "../../docker/engine/volume";
import { settingsOfContainer } from "./node/containerSettings";
import type { DesiredBuilder, DesiredNode, SavedOnly } from "./desired";
import { digestInContainer } from "./node/files";
import type { Settings } from "./node/settings";
import {
    type ContextStatus,
    type OwnContext,
    ownContext,
    ownContextOf,
    type NodeLocation,
    type NodeConnection,
    statusOfContext,
} from "./node/connect";

/** What exists of a builder, on its engines and in buildx's store. */
export interface Observed {
    readonly record: BuilderRecord;
    /** Whether docker has a context with the builder's name. buildx would use the context as the builder. */
    readonly isContext: boolean;
    /** Whether buildx uses the builder when no builder is named, according to buildx's store. */
    readonly choice: Choice;
    /** The builder in Pulumi's state; its record is then managed. `undefined` for a new builder. */
    readonly previous: PreviousBuilder | undefined;
    /** The nodes of {@link DesiredBuilder}, in the same order. */
    readonly nodes: readonly ObservedNode[];
    /** Nodes that are in Pulumi's state and that the program no longer has at their location. */
    readonly dropped: readonly DroppedNode[];
}

export interface PreviousBuilder {
    readonly name: string;
    readonly nodes: readonly PreviousNode[];
    readonly savedOnly: SavedOnly;
}

export interface PreviousNode {
    readonly name: string;
    /** The docker context or host in the arguments. `undefined` if the docker CLI chooses the engine. */
    readonly endpoint: string | undefined;
    readonly tls: TlsArguments | undefined;
    /** The node's endpoint in buildx's record. */
    readonly stored: string;
    /** Whether the volume belongs to a `BuildKitState`. */
    readonly isStateVolume: boolean;
    /** Whether the volume existed before the builder, or this is not known. */
    readonly volumeWasThere: boolean;
    /** Whether a refresh found that the image's name now refers to another image. */
    readonly imageMoved: boolean;
    /**
     * When the container was started whose buildkitd last responded, according to Pulumi's state. `undefined` if the
     * state has no such time.
     */
    readonly answersSince: string | undefined;
}

export interface ObservedNode {
    /** The endpoint to write to buildx's record. */
    readonly stored: string;
    /** The host of the engine, for messages. */
    readonly host: string;
    /** Why the engine cannot be queried. If set, nothing else is known of the node. */
    readonly error?: string;
    /** The endpoint of the node in its record, if the node is on another engine than the docker CLI now uses. */
    readonly leftAt?: string | undefined;
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

/** Whether a container or volume belongs to the builder, judged by its labels. */
export type IsOurs = (owner: Owner | undefined) => boolean;

/**
 * Returns how to recognize the builder's container and volume of a node: by the builder's labels. buildx creates them
 * without labels when it boots the builder from a record that this package wrote. They then also belong to the builder.
 * This happens if the container was lost, and a build or `docker buildx inspect --bootstrap` ran before `pulumi up`
 * (buildx: `driver/docker-container`, `Bootstrap`).
 */
function ownershipOf(
    node: string,
    isOurs: IsOurs,
    record: BuilderRecord,
    previous: Pick<PreviousBuilder, "nodes"> | undefined,
) {
    const before = previous?.nodes.find(({ name }) => name === node);
    const isInOwnRecord =
        record.is === "present" && record.isOwn && record.nodeGroup.Nodes.some(({ Name }) => Name === node);
    const mayBeRebooted = before !== undefined && isInOwnRecord;
    return {
        isContainerOurs: (owner: Owner | undefined) => isOurs(owner) || (owner === undefined && mayBeRebooted),
        isVolumeOurs: (owner: Owner | undefined) =>
            isOurs(owner) || (owner === undefined && mayBeRebooted && !before.volumeWasThere),
    };
}

/**
 * Observes a builder on its engines and in buildx's store.
 *
 * @param sites the sites of the desired nodes, followed by the sites of the dropped nodes.
 */
export async function observe(
    sites: readonly NodeConnection[],
    desired: DesiredBuilder,
    isOurs: IsOurs,
    previous: PreviousBuilder | undefined,
): Promise<Observed> {
    const { name, nodes } = desired;
    const [record, contextOfThatName, choice] = await Promise.all([
        readRecord(name),
        isContext(name),
        observeChoice(name),
    ]);
    const ownership = (node: string) => ownershipOf(node, isOurs, record, previous);
    const [observed, dropped] = await Promise.all([
        Promise.all(
            nodes.map((node, index) =>
                observeNode(sites[index] as NodeConnection, node, ownership(node.name), desired, previous),
            ),
        ),
        Promise.all(
            sites
                .slice(nodes.length)
                .map((site) => observeDropped(site, ownership(site.node), desired.owner, previous)),
        ),
    ]);
    const isHere = ({ node, engineId }: Pick<DroppedNode, "node" | "engineId">) =>
        engineId !== undefined &&
        nodes.some((each, index) => each.name === node && observed[index]?.engine.ID === engineId);
    return {
        record,
        isContext: contextOfThatName,
        choice,
        previous,
        nodes: observed,
        dropped: dropped.map((each) => ({ ...each, stays: isHere(each) })),
    };
}

type Ownership = ReturnType<typeof ownershipOf>;

/** Returns whether buildx uses a builder when no builder is named. */
export const observeChoice = async (name: string): Promise<Choice> => choiceOf(name, await currentEndpoint());

/** Returns a node of which only the error is known. */
export const unreachable = (message: string): ObservedNode => ({
    stored: "",
    host: "",
    error: message,
    engine: {},
    context: undefined,
    container: undefined,
    volume: undefined,
    hasImage: false,
    hasNetwork: false,
});

async function observeNode(
    { engine, location, error }: NodeConnection,
    node: DesiredNode,
    { isContainerOurs, isVolumeOurs }: Ownership,
    { owner: self, savedOnly }: DesiredBuilder,
    previous: PreviousBuilder | undefined,
): Promise<ObservedNode> {
    if (error !== undefined) return unreachable(error.message);
    const { image, network } = node.settings.fixed;
    const [traits, container, volume, foundImage, foundNetwork, context] = await Promise.all([
        traitsOf(engine),
        inspectContainer(engine, node.container),
        inspectVolume(engine, node.volume),
        findImage(engine, image, node.imageInMirrors),
        findNetwork(engine, network),
        contextOf(location, self.urn),
    ]);
    const wanted = foundImage?.image;
    const made = container && (container.Image === wanted?.Id ? wanted : await inspectImage(engine, container.Image));
    const owner = ownerOf(container?.Config.Labels);
    const isRunning = isResponsive(container);
    const isAsked = isRunning && savedOnly.requirePlatforms.length > 0;
    const workers = isAsked
        ? await queryWorkers(inContainer(engine, node.container)).catch(() => undefined)
        : undefined;
    // Only a killed update leaves a next container behind. If it was killed after the drain, this container is stopped.
    const mayHaveNext = previous !== undefined && !isRunning;
    const { answersSince } = previous?.nodes.find(({ name }) => name === node.name) ?? {};
    return {
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
            imageMoved: await hasMoved(engine, { container, made, wanted, node, pull: savedOnly.pull }),
            imageDigest: made ? imageDigest(made, container.Config.Image) : "",
            platforms: formatPlatforms(workers?.platforms ?? []),
            settings: settingsOfContainer(container, {
                image: made,
                engine: traits,
                isPodman: await isPodman(engine, container.Config.Env),
                network: networkOf(container, network, foundNetwork),
                files: await digestInContainer(engine, container, node.settings.fixed.files),
                asked: node.settings.fixed,
            }),
        },
        hasNext: mayHaveNext && (await inspectContainer(engine, nextContainerName(node.name))) !== undefined,
        volume: volume && { isOurs: isVolumeOurs(ownerOf(volume.Labels)) },
        hasImage: wanted !== undefined,
        hasNetwork: foundNetwork !== undefined,
    };
}

/**
 * Returns the docker context that a place needs for itself, and how the existing context compares. `undefined` if the
 * location needs none.
 */
export async function contextOf(location: NodeLocation, urn: string): Promise<ObservedNode["context"]> {
    const needed = ownContext(location, urn);
    return needed && { ...needed, status: await statusOfContext(needed) };
}

interface ImageFacts {
    container: ContainerInspectInfo;
    /** The image that the container was created from. `undefined` if the engine no longer has it. */
    made: ImageInspectInfo | undefined;
    /** The image that the engine has under the name in the arguments. */
    wanted: ImageInspectInfo | undefined;
    node: DesiredNode;
    pull: SavedOnly["pull"];
}

async function hasMoved(engine: Engine, { container, made, wanted, node, pull }: ImageFacts): Promise<boolean> {
    const { image } = node.settings.fixed;
    if (isPinned(image) || !isImageAsked(container.Config.Image, image)) return false;
    if (wanted !== undefined && wanted.Id !== container.Image) return true;
    if (pull === "missing" || made === undefined) return false;
    const newest = await digestInRegistry(engine, image, node.imageInMirrors);
    return newest !== undefined && !(made.RepoDigests ?? []).some((each) => each.endsWith(`@${newest}`));
}

/** What is left of a node of a builder, for its removal. */
export interface ObservedRemains {
    readonly node: string;
    /** Why the engine cannot be queried. If set, nothing else is known of the node. */
    readonly error?: string;
    readonly container: string;
    readonly volume: string;
    readonly hasContainer: boolean;
    readonly containerIsOurs: boolean;
    readonly isRunning: boolean;
    /** Whether there is a container that an interrupted update created to replace the node's container. */
    readonly hasNext: boolean;
    readonly volumeIsOurs: boolean;
    /** Whether the volume belongs to a `BuildKitState`. */
    readonly isStateVolume: boolean;
    /** Name of the docker context that this package created for the node; `undefined` if there is none. */
    readonly context: string | undefined;
}

/** A node that the program no longer has at its location. */
export interface DroppedNode extends ObservedRemains {
    /** The engine's ID; `undefined` if the engine cannot be queried. */
    readonly engineId: string | undefined;
    /** Whether the program still has the node on the same engine, with another endpoint. */
    readonly stays: boolean;
}

async function observeDropped(
    ...[site, ...more]: Parameters<typeof observeOwnRemains>
): Promise<Omit<DroppedNode, "stays">> {
    const [remains, traits] = await Promise.all([
        observeOwnRemains(site, ...more),
        site.engine && traitsOf(site.engine),
    ]);
    return { ...remains, engineId: traits?.ID };
}

/** Returns what is left of each node of a builder that is being removed. */
export const observeRemains = (
    sites: readonly NodeConnection[],
    isOurs: IsOurs,
    owner: Owner,
    record: BuilderRecord,
    previous: Pick<PreviousBuilder, "nodes">,
): Promise<ObservedRemains[]> =>
    Promise.all(
        sites.map((site) => observeOwnRemains(site, ownershipOf(site.node, isOurs, record, previous), owner, previous)),
    );

async function observeOwnRemains(
    { node, engine, error }: NodeConnection,
    { isContainerOurs, isVolumeOurs }: Ownership,
    owner: Owner,
    previous: Pick<PreviousBuilder, "nodes"> | undefined,
): Promise<ObservedRemains> {
    const names = { node, container: containerName(node), volume: volumeName(node) };
    const isStateVolume = previous?.nodes.find(({ name }) => name === node)?.isStateVolume ?? false;
    const context = await ownContextOf(node, owner.urn);
    const nothing = {
        hasContainer: false,
        containerIsOurs: false,
        isRunning: false,
        hasNext: false,
        volumeIsOurs: false,
    };
    if (error !== undefined) return { ...names, ...nothing, error: error.message, isStateVolume, context };
    const [container, next, volume] = await Promise.all([
        inspectContainer(engine, names.container),
        inspectContainer(engine, nextContainerName(node)),
        inspectVolume(engine, names.volume),
    ]);
    return {
        ...names,
        hasContainer: container !== undefined,
        containerIsOurs: container !== undefined && isContainerOurs(ownerOf(container.Config.Labels)),
        isRunning: container?.State.Running ?? false,
        hasNext: next !== undefined,
        volumeIsOurs: volume !== undefined && isVolumeOurs(ownerOf(volume.Labels)),
        isStateVolume,
        context,
    };
}
