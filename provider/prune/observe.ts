import type { Status } from "../builder/outputs";
import { otherDriver } from "../builder/otherDriver";
import { driverDefaults } from "../buildx/driverOptions";
import { containerName, volumeName } from "../buildx/names";
import { listRecords, readRecord, type StoredNode, storeFolder } from "../buildx/store";
import { inspectContainer, isRunning } from "../docker/container";
import { recordedEndpoint } from "../docker/endpoint";
import { connect, type Engine } from "../docker/engine";
import { inspectImage } from "../docker/image";
import { inspectVolume } from "../docker/volume";
import type { DesiredPrune } from "./desired";

/** What there is of the builder. */
export interface ObservedBuilder {
    /** As buildx's record has them; `undefined` where there is none. */
    readonly nodes: readonly ObservedNode[] | undefined;
    /** Its driver, if that is another one than `docker-container`; then nothing else is known of it. */
    readonly otherDriver?: string | undefined;
    /** Every builder that has a record, for messages. */
    readonly records: readonly string[];
    /** The folder of these, for messages. */
    readonly store: string;
}

export interface ObservedNode {
    readonly name: string;
    readonly container: string;
    /** Or why that cannot be known. */
    readonly status: Status | "paused" | Error;
    /** The name of its state volume; `undefined` if there is none. */
    readonly volume: string | undefined;
    /** The image that a buildkitd for a node without a container is made of. */
    readonly image: { readonly name: string; readonly isThere: boolean };
}

/**
 * @param wait called with each engine and volume before it is looked at, to wait for whoever copies the volume.
 * @returns also the engine of each node that has one that answers, by the node's name.
 */
export async function observeBuilder(
    { builder }: DesiredPrune,
    wait: (engine: Engine, volume: string) => Promise<void>,
): Promise<{ observed: ObservedBuilder; engines: ReadonlyMap<string, Engine> }> {
    const [record, other, records] = await Promise.all([readRecord(builder), otherDriver(builder), listRecords()]);
    const engines = new Map<string, Engine>();
    const nodes =
        record.is === "present" && other === undefined
            ? await Promise.all(record.nodeGroup.Nodes.map((node) => observeNode(node, engines, wait)))
            : undefined;
    return { observed: { nodes, otherDriver: other, records, store: storeFolder() }, engines };
}

async function observeNode(
    { Name: name, Endpoint: stored, DriverOpts: options }: StoredNode,
    engines: Map<string, Engine>,
    wait: (engine: Engine, volume: string) => Promise<void>,
): Promise<ObservedNode> {
    const container = containerName(name);
    const volume = volumeName(name);
    const image = { name: options?.image ?? driverDefaults.image, isThere: false };
    try {
        const engine = await connect(await recordedEndpoint(stored));
        engines.set(name, engine);
        await wait(engine, volume);
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
