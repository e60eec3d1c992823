/** Decides what `status` reports, from the facts alone. */
import { containerName, volumeName } from "../../provider/buildx/names";
import { driver } from "../../provider/buildx/store";
import type { ContainerFacts, EngineFacts, Machine, RecordFacts, RecordNode, VolumeFacts } from "../machine/facts";
import { statusOfClusterNode, statusOfDaemon } from "./farNodes";
import { type RequestedNames, isRequestedName, isRequestedRecord, nodeOfName } from "../machine/names";
import { resourceOf, type StackResource } from "../format/stack";

export interface BuilderStatus {
    readonly name: string;
    readonly driver: string;
    readonly isCurrent: boolean;
    /** Whether buildx has a record of it. Without a record, it is a container or a volume that was left behind. */
    readonly hasRecord: boolean;
    readonly status: string;
    /** The error, if the status does not explain everything. It has this name in the JSON too. */
    readonly trouble: string | undefined;
    readonly lastUsed: Date | undefined;
    readonly resource: StackResource | undefined;
    readonly nodes: readonly NodeStatus[];
}

export interface NodeStatus {
    readonly name: string;
    /** The engine's address in buildx's record. */
    readonly endpoint: string;
    readonly container: string | undefined;
    readonly volume: string | undefined;
    readonly status: NodeState;
    readonly trouble: string | undefined;
    readonly buildkitVersion: string | undefined;
    readonly platforms: readonly string[];
    readonly cache: CacheStatus | undefined;
    readonly lastUsed: Date | undefined;
    /** The resource that created its container or, failing that, its volume. */
    readonly resource: StackResource | undefined;
}

/**
 * The state of a node:
 * - `silent`: the container or pod runs, but BuildKit in it does not respond.
 * - `inactive`: there is no container or workload.
 * - `stopped`: the container does not run, or no pod is ready.
 * - `volume only`: there is neither a container nor a record.
 * - `unreachable`: the engine, the remote daemon or the cluster does not respond.
 */
export type NodeState =
    "running" | "silent" | "restarting" | "paused" | "stopped" | "inactive" | "volume only" | "unreachable";

/** Sizes in bytes. If BuildKit does not run, only the size of its volume is known. */
export interface CacheStatus {
    readonly total: number;
    readonly reclaimable: number | undefined;
    readonly byType: Readonly<Record<string, number>> | undefined;
}

export function reportStatus(machine: Machine, requested: RequestedNames): BuilderStatus[] {
    const { store, engines } = machine;
    const records = store.records.filter((record) => isRequestedRecord(requested, record));
    const builders = records.map((record) => statusOfRecord(record, machine));
    return [...builders, ...unrecordedBuilders(store.records, engines, requested)];
}

function statusOfRecord(record: RecordFacts, machine: Machine): BuilderStatus {
    const { name, unreadable, lastUsed } = record;
    const common = { name, driver: record.driver, isCurrent: name === machine.store.current, hasRecord: true };
    const nodeOf = statusByDriver[record.driver];
    if (unreadable !== undefined || nodeOf === undefined) {
        const status = unreadable === undefined ? `${record.driver} driver` : "unreadable";
        const nodes: NodeStatus[] = [];
        return { ...common, status, trouble: unreadable, lastUsed, resource: undefined, nodes };
    }
    const nodes = record.nodes.map((node) => nodeOf(node, machine, name));
    return {
        ...common,
        status: statusOfAll(nodes),
        trouble: undefined,
        lastUsed: newest([lastUsed, ...nodes.map((node) => node.lastUsed)]),
        resource: nodes.find((node) => node.resource !== undefined)?.resource,
        nodes,
    };
}

/** By driver, how the status of a node is determined. */
const statusByDriver: Readonly<
    Partial<Record<string, (node: RecordNode, machine: Machine, builder: string) => NodeStatus>>
> = {
    [driver]: statusOfRecordedNode,
    remote: statusOfDaemon,
    kubernetes: statusOfClusterNode,
};

function statusOfRecordedNode(node: RecordNode, { engines }: Machine): NodeStatus {
    const engine = engines.find((each) => each.addresses.includes(node.address));
    const container = engine?.containers.find(({ name }) => name === containerName(node.name));
    const mounted = container?.volumes.find((name) => nodeOfName(name) !== undefined) ?? volumeName(node.name);
    const volume = engine?.volumes.find(({ name }) => name === mounted);
    return statusOfNode({ name: node.name, endpoint: node.address }, engine, container, volume, "inactive");
}

function statusOfNode(
    place: Pick<NodeStatus, "name" | "endpoint">,
    engine: EngineFacts | undefined,
    container: ContainerFacts | undefined,
    volume: VolumeFacts | undefined,
    withoutContainer: NodeState,
): NodeStatus {
    const { usage } = container ?? {};
    const ofVolume = volume?.size === undefined ? undefined : { total: volume.size };
    return {
        ...place,
        container: container?.name,
        volume: volume?.name,
        status:
            engine === undefined || engine.error !== undefined
                ? "unreachable"
                : container === undefined
                  ? withoutContainer
                  : nodeState(container),
        trouble: engine?.error?.message,
        buildkitVersion: container?.workers?.version,
        platforms: container?.workers?.platforms ?? [],
        cache: usage ?? (ofVolume && { ...ofVolume, reclaimable: undefined, byType: undefined }),
        lastUsed: usage?.lastUsed,
        resource: resourceOf(container?.owner) ?? resourceOf(volume?.owner),
    };
}

function nodeState({ state, workers }: ContainerFacts): NodeState {
    if (state === "running") return workers === undefined ? "silent" : "running";
    return state === "restarting" || state === "paused" ? state : "stopped";
}

function statusOfAll(nodes: readonly NodeStatus[]): string {
    const [first] = nodes;
    if (first === undefined) return "no nodes";
    if (nodes.every(({ status }) => status === first.status)) return first.status;
    return `${nodes.filter(({ status }) => status === "running").length} of ${nodes.length} running`;
}

/** Returns the containers that no record names, and the volumes that neither a record names nor a container mounts. */
function unrecordedBuilders(
    records: readonly RecordFacts[],
    engines: readonly EngineFacts[],
    requested: RequestedNames,
): BuilderStatus[] {
    return engines.flatMap((engine) => {
        const recorded = new Set(
            nodesOn(engine, records).flatMap(({ name }) => [containerName(name), volumeName(name)]),
        );
        const isLeft = ({ name }: { name: string }) => !recorded.has(name) && isRequestedName(requested, name);
        const endpoint = engine.addresses[0] ?? engine.host;
        const containers = engine.containers.filter(isLeft).map((container) => {
            const volume = engine.volumes.find(({ name }) => container.volumes.includes(name));
            const name = nodeOfName(container.name) ?? container.name;
            return statusOfNode({ name, endpoint }, engine, container, volume, "inactive");
        });
        const volumes = engine.volumes
            .filter((volume) => isLeft(volume) && volume.users.length === 0)
            .map((volume) => {
                const name = nodeOfName(volume.name) ?? volume.name;
                return statusOfNode({ name, endpoint }, engine, undefined, volume, "volume only");
            });
        return [...containers, ...volumes].map((node) => ({
            name: node.name,
            driver: "",
            isCurrent: false,
            hasRecord: false,
            status: node.container === undefined ? node.status : `${node.status}, no record`,
            trouble: undefined,
            lastUsed: node.lastUsed,
            resource: node.resource,
            nodes: [node],
        }));
    });
}

/** Returns the nodes that records have on an engine. */
export const nodesOn = ({ addresses }: EngineFacts, records: readonly RecordFacts[]): RecordNode[] =>
    records
        .filter((record) => record.driver === driver)
        .flatMap(({ nodes }) => nodes.filter(({ address }) => addresses.includes(address)));

function newest(times: readonly (Date | undefined)[]): Date | undefined {
    const known = times.filter((time) => time !== undefined);
    return known.length === 0 ? undefined : new Date(Math.max(...known.map(Number)));
}
