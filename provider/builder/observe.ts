import type { ContainerInspectInfo, ImageInspectInfo } from "dockerode";
import { askWorkers } from "../buildkit/workers";
import { containerName, nextContainerName, volumeName } from "../buildx/names";
import { formatPlatforms } from "../buildx/platform";
import { type Choice, choiceOf } from "../buildx/current";
import { type BuilderRecord, readRecord } from "../buildx/store";
import { inContainer } from "../docker-buildkitd/inContainer";
import { inspectContainer, isResponsive, startOf } from "../docker/container";
import { isContext } from "../docker/context";
import { currentEndpoint } from "../docker/endpoint";
import { type Engine, type EngineTraits, traitsOf } from "../docker/engine";
import { digestInRegistry, findImage, imageDigest, inspectImage } from "../docker/image";
import { isImageAsked, isPinned } from "../docker/imageReference";
import { findNetwork, networkOf } from "../docker/network";
import { type Owner, ownerOf } from "../docker/ownership";
import { isPodman } from "../docker/podman";
import type { TlsArguments } from "../docker/tls";
import { inspectVolume } from "../docker/volume";
import { settingsOfContainer } from "./containerSettings";
import type { Desired, DesiredNode, Later } from "./desired";
import { digestInContainer } from "./files";
import type { Settings } from "./settings";
import {
    type ContextStatus,
    type OwnContext,
    ownContext,
    ownContextOf,
    type Place,
    type Site,
    statusOfContext,
} from "./sites";

/** What there is of a builder, on its engines and in buildx's store. */
export interface Observed {
    readonly record: BuilderRecord;
    /** docker has a context of the builder's name, which buildx would take for the builder. */
    readonly isContext: boolean;
    /** Whether the store has it as the builder that buildx takes where none is named. */
    readonly choice: Choice;
    /** What Pulumi's state has of the builder; its record is then ours. `undefined` for a new one. */
    readonly known: Known | undefined;
    /** The nodes of {@link Desired}, in their order. */
    readonly nodes: readonly ObservedNode[];
    /** Nodes that the state has and that are asked for no longer. */
    readonly dropped: readonly DroppedNode[];
}

export interface Known {
    readonly name: string;
    readonly nodes: readonly KnownNode[];
    readonly later: Later;
}

export interface KnownNode {
    readonly name: string;
    /** The docker context or host that was asked for; `undefined`: what the docker CLI would use. */
    readonly endpoint: string | undefined;
    readonly tls: TlsArguments | undefined;
    /** What buildx's record says of its place. */
    readonly stored: string;
    /** Its volume is that of a `BuildKitState`. */
    readonly volumeIsStates: boolean;
    /** Its volume was there before the builder, or this is not known. */
    readonly volumeWasThere: boolean;
    /** A refresh has seen that the image's name means another image by now. */
    readonly imageMoved: boolean;
    /** When its container was started whose buildkitd answers, as far as the state has it; `undefined` where it has none. */
    readonly answersSince: string | undefined;
}

export interface ObservedNode {
    /** What buildx's record is to say of its place. */
    readonly stored: string;
    /** Its engine, for messages. */
    readonly host: string;
    /** Why its engine cannot be asked; then nothing else is known of it. */
    readonly trouble?: string;
    /** The other engine on which the node is, if the docker CLI would use this one by now; as its record has it. */
    readonly leftAt?: string | undefined;
    readonly engine: EngineTraits;
    /** The docker context of its own by which buildx reaches it, and how what there is compares. */
    readonly context: (OwnContext & { readonly status: ContextStatus }) | undefined;
    readonly container: ObservedContainer | undefined;
    /** A container that was to take the place of that one when an update was cut off. */
    readonly hasNext?: boolean;
    readonly volume: { readonly isOurs: boolean } | undefined;
    /** The engine has the image that is asked for. */
    readonly hasImage: boolean;
    readonly hasNetwork: boolean;
}

export interface ObservedContainer {
    readonly isOurs: boolean;
    /** The resource that made it, if one did. */
    readonly owner: Owner | undefined;
    /** It runs, and is not paused. */
    readonly isRunning: boolean;
    /** Its buildkitd answered once since it was started: one that cannot boot runs as well, again and again for a moment. */
    readonly hasAnswered: boolean;
    /** When it was started last; `undefined` for never: its creation may have been cut off with files still to come. */
    readonly startedAt: string | undefined;
    /** Why the engine could not start it, if that was tried. */
    readonly cannotStart?: string;
    /** The name of its image means another image by now, on the engine or (with `pull` "always") in the registry. */
    readonly imageMoved: boolean;
    /** Of the image that it was made of; empty where the engine does not have that any more. */
    readonly imageDigest: string;
    /** What it offers; asked only where the builder has to offer some. */
    readonly platforms: readonly string[];
    readonly settings: Settings;
}

/** By its labels, whether a container or volume is ours. */
export type IsOurs = (owner: Owner | undefined) => boolean;

/**
 * Whose a node's container and volume are. Beside those with our labels, ours are those without any that buildx created
 * when it booted the builder from a record that this package wrote: the container was lost, and a build or
 * `docker buildx inspect --bootstrap` came before `pulumi up` (buildx: `driver/docker-container`, `Bootstrap`).
 */
function ownershipOf(node: string, isOurs: IsOurs, record: BuilderRecord, known: Pick<Known, "nodes"> | undefined) {
    const before = known?.nodes.find(({ name }) => name === node);
    const isInOwnRecord =
        record.is === "present" && record.isOwn && record.nodeGroup.Nodes.some(({ Name }) => Name === node);
    const mayBeRebooted = before !== undefined && isInOwnRecord;
    return {
        isContainerOurs: (owner: Owner | undefined) => isOurs(owner) || (owner === undefined && mayBeRebooted),
        isVolumeOurs: (owner: Owner | undefined) =>
            isOurs(owner) || (owner === undefined && mayBeRebooted && !before.volumeWasThere),
    };
}

/** @param sites of the nodes, and after them of those that were dropped. */
export async function observe(
    sites: readonly Site[],
    desired: Desired,
    isOurs: IsOurs,
    known: Known | undefined,
): Promise<Observed> {
    const { name, nodes } = desired;
    const [record, contextOfThatName, choice] = await Promise.all([
        readRecord(name),
        isContext(name),
        observeChoice(name),
    ]);
    const ownership = (node: string) => ownershipOf(node, isOurs, record, known);
    const [observed, dropped] = await Promise.all([
        Promise.all(
            nodes.map((node, index) => observeNode(sites[index] as Site, node, ownership(node.name), desired, known)),
        ),
        Promise.all(
            sites.slice(nodes.length).map((site) => observeDropped(site, ownership(site.node), desired.owner, known)),
        ),
    ]);
    const isHere = ({ node, engineId }: Pick<DroppedNode, "node" | "engineId">) =>
        engineId !== undefined &&
        nodes.some((each, index) => each.name === node && observed[index]?.engine.ID === engineId);
    return {
        record,
        isContext: contextOfThatName,
        choice,
        known,
        nodes: observed,
        dropped: dropped.map((each) => ({ ...each, stays: isHere(each) })),
    };
}

type Ownership = ReturnType<typeof ownershipOf>;

/** Whether the store has a builder as the one that buildx takes where none is named. */
export const observeChoice = async (name: string): Promise<Choice> => choiceOf(name, await currentEndpoint());

/** A node of which nothing is known but why. */
export const troubled = (message: string): ObservedNode => ({
    stored: "",
    host: "",
    trouble: message,
    engine: {},
    context: undefined,
    container: undefined,
    volume: undefined,
    hasImage: false,
    hasNetwork: false,
});

async function observeNode(
    { engine, place, trouble }: Site,
    node: DesiredNode,
    { isContainerOurs, isVolumeOurs }: Ownership,
    { owner: self, later }: Desired,
    known: Known | undefined,
): Promise<ObservedNode> {
    if (trouble !== undefined) return troubled(trouble.message);
    const { image, network } = node.settings.fixed;
    const [traits, container, volume, foundImage, foundNetwork, context] = await Promise.all([
        traitsOf(engine),
        inspectContainer(engine, node.container),
        inspectVolume(engine, node.volume),
        findImage(engine, image, node.imageInMirrors),
        findNetwork(engine, network),
        contextOf(place, self.urn),
    ]);
    const wanted = foundImage?.image;
    const made = container && (container.Image === wanted?.Id ? wanted : await inspectImage(engine, container.Image));
    const owner = ownerOf(container?.Config.Labels);
    const isRunning = isResponsive(container);
    const isAsked = isRunning && later.requirePlatforms.length > 0;
    const workers = isAsked ? await askWorkers(inContainer(engine, node.container)).catch(() => undefined) : undefined;
    // Only a kill leaves one behind, and then this one does not run.
    const mayHaveNext = known !== undefined && !isRunning;
    const { answersSince } = known?.nodes.find(({ name }) => name === node.name) ?? {};
    return {
        stored: place.stored,
        host: place.endpoint.host,
        engine: traits,
        context,
        container: container && {
            isOurs: isContainerOurs(owner),
            owner,
            isRunning,
            hasAnswered: workers !== undefined || (answersSince !== undefined && answersSince === startOf(container)),
            startedAt: startOf(container),
            imageMoved: await hasMoved(engine, { container, made, wanted, node, pull: later.pull }),
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

/** The docker context of its own that a place needs, and how what there is compares. */
export async function contextOf(place: Place, urn: string): Promise<ObservedNode["context"]> {
    const needed = ownContext(place, urn);
    return needed && { ...needed, status: await statusOfContext(needed) };
}

interface ImageFacts {
    container: ContainerInspectInfo;
    /** Of which the container was made. */
    made: ImageInspectInfo | undefined;
    /** Which the engine has by the name that is asked for. */
    wanted: ImageInspectInfo | undefined;
    node: DesiredNode;
    pull: Later["pull"];
}

async function hasMoved(engine: Engine, { container, made, wanted, node, pull }: ImageFacts): Promise<boolean> {
    const { image } = node.settings.fixed;
    if (isPinned(image) || !isImageAsked(container.Config.Image, image)) return false;
    if (wanted !== undefined && wanted.Id !== container.Image) return true;
    if (pull === "missing" || made === undefined) return false;
    const newest = await digestInRegistry(engine, image, node.imageInMirrors);
    return newest !== undefined && !(made.RepoDigests ?? []).some((each) => each.endsWith(`@${newest}`));
}

/** What may be left of a builder's node, for its removal. */
export interface ObservedRemains {
    readonly node: string;
    /** Why its engine cannot be asked; then nothing else is known of it. */
    readonly trouble?: string;
    readonly container: string;
    readonly volume: string;
    readonly hasContainer: boolean;
    readonly containerIsOurs: boolean;
    readonly isRunning: boolean;
    /** A container that was to take the place of that one when an update was cut off. */
    readonly hasNext: boolean;
    readonly volumeIsOurs: boolean;
    /** The volume is that of a `BuildKitState`. */
    readonly volumeIsStates: boolean;
    /** The docker context of its own, if it has one. */
    readonly context: string | undefined;
}

/** A node that is asked for no longer. */
export interface DroppedNode extends ObservedRemains {
    /** The engine's own mark; `undefined` where it cannot be asked. */
    readonly engineId: string | undefined;
    /** It is asked for by another address of the same engine. */
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

/** What is left of each node of a builder that is to be removed. */
export const observeRemains = (
    sites: readonly Site[],
    isOurs: IsOurs,
    owner: Owner,
    record: BuilderRecord,
    known: Pick<Known, "nodes">,
): Promise<ObservedRemains[]> =>
    Promise.all(
        sites.map((site) => observeOwnRemains(site, ownershipOf(site.node, isOurs, record, known), owner, known)),
    );

async function observeOwnRemains(
    { node, engine, trouble }: Site,
    { isContainerOurs, isVolumeOurs }: Ownership,
    owner: Owner,
    known: Pick<Known, "nodes"> | undefined,
): Promise<ObservedRemains> {
    const names = { node, container: containerName(node), volume: volumeName(node) };
    const volumeIsStates = known?.nodes.find(({ name }) => name === node)?.volumeIsStates ?? false;
    const context = await ownContextOf(node, owner.urn);
    const nothing = {
        hasContainer: false,
        containerIsOurs: false,
        isRunning: false,
        hasNext: false,
        volumeIsOurs: false,
    };
    if (trouble !== undefined) return { ...names, ...nothing, trouble: trouble.message, volumeIsStates, context };
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
        volumeIsStates,
        context,
    };
}
