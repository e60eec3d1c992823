import type { ContainerInspectInfo, ImageInspectInfo } from "dockerode";
import { containerName, volumeName } from "../buildx/names";
import { type BuilderRecord, readRecord } from "../buildx/store";
import { inspectContainer } from "../docker/container";
import { isContext } from "../docker/endpoint";
import type { Engine } from "../docker/engine";
import { digestInRegistry, inspectImage } from "../docker/image";
import { isPinned, sameImage } from "../docker/imageReference";
import { networkExists } from "../docker/network";
import { type Owner, ownerOf } from "../docker/ownership";
import { inspectVolume } from "../docker/volume";
import type { Desired, DesiredNode, Identity, Later } from "./desired";
import { type EngineTraits, type Settings, settingsOfContainer } from "./settings";

/** What there is of a builder, on the engine and in buildx's store. */
export interface Observed {
    /** The engine, for messages. */
    readonly host: string;
    readonly record: BuilderRecord;
    /** docker has a context of the builder's name, which buildx would take for the builder. */
    readonly isContext: boolean;
    /** What Pulumi's state has of the builder; its record is then ours. `undefined` for a new one. */
    readonly known: Known | undefined;
    readonly engine: EngineTraits;
    readonly nodes: readonly ObservedNode[];
}

export interface Known {
    readonly identity: Identity;
    readonly later: Later;
    /** A refresh has seen that the image's name means another image by now. */
    readonly imageMoved: boolean;
}

/** What there is of the node of {@link Desired} with the same index. */
export interface ObservedNode {
    readonly container: ObservedContainer | undefined;
    readonly volume: { readonly isOurs: boolean } | undefined;
    /** The engine has the image that is asked for. */
    readonly hasImage: boolean;
    readonly hasNetwork: boolean;
}

export interface ObservedContainer {
    readonly isOurs: boolean;
    /** The resource that made it, if one did. */
    readonly owner: Owner | undefined;
    readonly isRunning: boolean;
    /** It was started once. Before that its creation may have been cut off with files still to come. */
    readonly wasStarted: boolean;
    /** The name of its image means another image by now, on the engine or (with `pull` "always") in the registry. */
    readonly imageMoved: boolean;
    readonly settings: Settings;
}

/** By which a container or volume is told to be ours. */
export type IsOurs = (owner: Owner | undefined) => boolean;

export async function observe(
    engine: Engine,
    desired: Desired,
    isOurs: IsOurs,
    known: Known | undefined,
): Promise<Observed> {
    const { name } = desired.identity;
    const [record, contextOfThatName, traits] = await Promise.all([
        readRecord(name),
        isContext(name),
        engine.api.info() as Promise<EngineTraits>,
    ]);
    const nodes = await Promise.all(
        desired.nodes.map((node) => observeNode(engine, node, isOurs, traits, desired.later.pull)),
    );
    return {
        host: engine.endpoint.host,
        record,
        isContext: contextOfThatName,
        known,
        engine: traits,
        nodes,
    };
}

async function observeNode(
    engine: Engine,
    node: DesiredNode,
    isOurs: IsOurs,
    traits: EngineTraits,
    pull: Later["pull"],
): Promise<ObservedNode> {
    const { image, network } = node.settings.fixed;
    const [container, volume, wanted, hasNetwork] = await Promise.all([
        inspectContainer(engine, node.container),
        inspectVolume(engine, node.volume),
        inspectImage(engine, image),
        networkExists(engine, network),
    ]);
    const made = container && (container.Image === wanted?.Id ? wanted : await inspectImage(engine, container.Image));
    const owner = ownerOf(container?.Config.Labels);
    return {
        container: container && {
            isOurs: isOurs(owner),
            owner,
            isRunning: container.State.Running && !container.State.Restarting,
            wasStarted: container.State.Status !== "created",
            imageMoved: await hasMoved(engine, { container, made, wanted, image, pull }),
            settings: settingsOfContainer(container, made, traits),
        },
        volume: volume && { isOurs: isOurs(ownerOf(volume.Labels)) },
        hasImage: wanted !== undefined,
        hasNetwork,
    };
}

interface ImageFacts {
    container: ContainerInspectInfo;
    /** Of which the container was made. */
    made: ImageInspectInfo | undefined;
    /** Which the engine has by the name that is asked for. */
    wanted: ImageInspectInfo | undefined;
    image: string;
    pull: Later["pull"];
}

async function hasMoved(engine: Engine, { container, made, wanted, image, pull }: ImageFacts): Promise<boolean> {
    if (isPinned(image) || !sameImage(image, container.Config.Image)) return false;
    if (wanted !== undefined && wanted.Id !== container.Image) return true;
    if (pull === "missing" || made === undefined) return false;
    const newest = await digestInRegistry(engine, image);
    return newest !== undefined && !(made.RepoDigests ?? []).some((each) => each.endsWith(`@${newest}`));
}

/** What may be left of a builder's node, for its removal. */
export interface ObservedRemains {
    readonly container: string;
    readonly volume: string;
    readonly hasContainer: boolean;
    readonly containerIsOurs: boolean;
    readonly isRunning: boolean;
    readonly volumeIsOurs: boolean;
}

export async function observeRemains(engine: Engine, node: string, isOurs: IsOurs): Promise<ObservedRemains> {
    const [name, volumeOf] = [containerName(node), volumeName(node)];
    const [container, volume] = await Promise.all([inspectContainer(engine, name), inspectVolume(engine, volumeOf)]);
    return {
        container: name,
        volume: volumeOf,
        hasContainer: container !== undefined,
        containerIsOurs: container !== undefined && isOurs(ownerOf(container.Config.Labels)),
        isRunning: container?.State.Running ?? false,
        volumeIsOurs: volume !== undefined && isOurs(ownerOf(volume.Labels)),
    };
}
