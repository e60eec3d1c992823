import type { Status } from "../builder/outputs";
import { otherDriver } from "../../buildx/otherDriver";
import { driverDefaults } from "../../buildx/driverOptions";
import { containerName, nodeName, volumeName } from "../../buildx/names";
import { listRecords, readRecord, type StoredNode, storeFolder } from "../../buildx/store";
import { inspectContainer, isRunning } from "../../docker/engine/container";
import { recordedEndpoint } from "../../docker/endpoint/endpoint";
import { waitForCopy } from "../../transfer/waitForCopy";
import type { Waiting } from "../../waiting";
import { connect, type Engine } from "../../docker/engine/engine";
import { inspectImage } from "../../docker/engine/image";
import { inspectVolume } from "../../docker/engine/volume";
import type { DesiredPrune } from "./desired";

/** A builder as it is on its engines and in buildx's store. */
export interface ObservedBuilder {
    /** The nodes in buildx's record; `undefined` if there is no record. */
    readonly nodes: readonly ObservedPruneNode[] | undefined;
    /** The driver of the builder, if it is not `docker-container`. In this case nothing else is known. */
    readonly otherDriver?: string | undefined;
    /** The names of all builders that have a record, for messages. */
    readonly records: readonly string[];
    /** The folder of these records, for messages. */
    readonly store: string;
}

export interface ObservedPruneNode {
    readonly name: string;
    readonly container: string;
    /** The status of the node, or the error that prevented its detection. */
    readonly status: Status | "paused" | Error;
    /** The name of its state volume; `undefined` if the volume does not exist. */
    readonly volume: string | undefined;
    /** The image of the temporary buildkitd for a node that has no container. */
    readonly image: { readonly name: string; readonly isThere: boolean };
}

/**
 * Observes all nodes of a builder. While another process copies the volume of a node, this waits.
 *
 * @returns the builder, and the engine of each node whose engine answers, by the name of the node.
 */
export async function observeBuilder(
    { builder }: DesiredPrune,
    waiting: Waiting,
): Promise<{ observed: ObservedBuilder; engines: ReadonlyMap<string, Engine> }> {
    const [record, other, records] = await Promise.all([readRecord(builder), otherDriver(builder), listRecords()]);
    const engines = new Map<string, Engine>();
    const nodes =
        record.is === "present" && other === undefined
            ? await Promise.all(record.nodeGroup.Nodes.map((node) => observeNode(node, engines, waiting)))
            : undefined;
    return { observed: { nodes, otherDriver: other, records, store: storeFolder() }, engines };
}

/** Returns a builder as a preview assumes it: running. The builder itself may not exist before the update. */
export function assumedBuilder({ builder }: DesiredPrune): ObservedBuilder {
    const name = nodeName(builder, 0);
    const image = { name: driverDefaults.image, isThere: true };
    const node = { name, container: containerName(name), status: "running", volume: volumeName(name), image } as const;
    return { nodes: [node], records: [builder], store: storeFolder() };
}

async function observeNode(
    { Name: name, Endpoint: stored, DriverOpts: options }: StoredNode,
    engines: Map<string, Engine>,
    waiting: Waiting,
): Promise<ObservedPruneNode> {
    const container = containerName(name);
    const volume = volumeName(name);
    const image = { name: options?.image ?? driverDefaults.image, isThere: false };
    try {
        const engine = await connect(await recordedEndpoint(stored));
        engines.set(name, engine);
        await waitForCopy({ ...waiting, engine, volume });
        const [found, foundVolume, foundImage] = await Promise.all([
            inspectContainer(engine, container),
            inspectVolume(engine, volume),
            inspectImage(engine, image.name),
        ]);
        return {
            name,
            container,
            status:
                found === undefined
                    ? "inactive"
                    : found.State.Paused
                      ? "paused"
                      : isRunning(found)
                        ? "running"
                        : "stopped",
            volume: foundVolume && volume,
            image: { ...image, isThere: foundImage !== undefined },
        };
    } catch (error) {
        return { name, container, status: error as Error, volume: undefined, image };
    }
}
