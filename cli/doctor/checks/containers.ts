import { containerName } from "../../../provider/buildx/names";
import type { Disk } from "../../../provider/docker/buildkitd/disk";
import type { ContainerFacts, EngineFacts, Machine, RecordFacts, StoreFacts } from "../../machine/facts";
import {
    type RequestedNames,
    builderOfNode,
    isRequestedName,
    isRequestedRecord,
    nodeOfName,
} from "../../machine/names";
import { formatHumanSize } from "../../format/quantities";
import { dockerAt, quote } from "../../format/shell";
import { resourceOf } from "../../format/stack";
import { type Finding, type Fix, finding, pulumiUp } from "../finding";
import type { FindingKind } from "../kinds";
import { hasUnreadableRecord, isOfOtherStore } from "../ownership";

/** A container on its engine, with the record that names it. */
interface Seen {
    readonly engine: EngineFacts;
    readonly container: ContainerFacts;
    readonly record: RecordFacts | undefined;
}

/** Returns the containers without a record, and the containers that do not run as they should. */
export function checkContainers({ store, engines }: Machine, requested: RequestedNames): Finding[] {
    const seen = engines.flatMap((engine) =>
        engine.containers.map((container): Seen => {
            const isNamed = ({ name, address }: RecordFacts["nodes"][number]) =>
                containerName(name) === container.name && engine.addresses.includes(address);
            return { engine, container, record: store.records.find(({ nodes }) => nodes.some(isNamed)) };
        }),
    );
    return seen.flatMap((each) => {
        const { container, record } = each;
        const isRequested = record ? isRequestedRecord(requested, record) : isRequestedName(requested, container.name);
        if (!isRequested || isOfOtherStore(container.owner, store)) return [];
        return record === undefined
            ? checkMissingRecord(each, store)
            : [...checkState(each), ...checkDisk(each, record)];
    });
}

function checkMissingRecord({ engine, container: { name, owner, volumes } }: Seen, store: StoreFacts): Finding[] {
    const node = nodeOfName(name);
    if (node === undefined) return []; // not a builder's container, so no record names it
    if (hasUnreadableRecord(node, store)) return []; // reported by checkRecords
    const resource = resourceOf(owner);
    const creator = resource ? `stack ${resource.project}/${resource.stack}` : "buildx";
    const found = `container ${name} on ${addressOf(engine)}, created by ${creator}, has no record in ${store.folder}`;
    const docker = dockerAt(engine);
    const state = volumes.filter((volume) => nodeOfName(volume) !== undefined).map(quote);
    const removal = [`${docker} rm --force ${quote(name)}`, ...state.map((each) => `${docker} volume rm ${each}`)];
    const recordCommand = [
        "docker buildx create --driver docker-container",
        "--name",
        builderOfNode(node),
        "--node",
        node,
    ];
    const mends: Fix[] = resource
        ? [pulumiUp(resource, "create the record again")]
        : [
              { what: "use it again, with its cache", command: [...recordCommand, quote(addressOf(engine))].join(" ") },
              { what: "or remove it and its cache", command: removal.join(" && ") },
          ];
    return [finding("container-without-record", name, found, ...mends)];
}

function checkState({ engine, container, record }: Seen): Finding[] {
    const { name, state, exitCode, oomKilled, lastLogLine } = container;
    const docker = dockerAt(engine);
    const log = lastLogLine ? `; the last line of its log: ${lastLogLine}` : "";
    const ofContainer = (kind: FindingKind, what: string, ...mends: Fix[]) => [
        finding(kind, record?.name ?? name, `container ${name} on ${addressOf(engine)} ${what}${log}`, ...mends),
    ];
    const start: Fix = { what: "start the container", command: `${docker} start ${quote(name)}` };
    if (oomKilled && state !== "running")
        return ofContainer(
            "container-out-of-memory",
            `was killed because it needed more memory than its ${limitOf(container)}`,
            ...moreMemory(engine, container),
        );
    switch (state) {
        case "running":
            if (container.workers !== undefined) return [];
            return ofContainer("buildkit-silent", "is running, but BuildKit in it does not respond", {
                what: "restart the container, which aborts its running builds",
                command: `${docker} restart ${quote(name)}`,
            });
        case "restarting":
            return ofContainer(
                "container-restarting",
                `restarts repeatedly, with exit code ${exitCode}`,
                ...recreations(engine, container, record),
            );
        case "paused":
            return ofContainer("container-paused", "is paused", {
                what: "unpause the container",
                command: `${docker} unpause ${quote(name)}`,
            });
        case "created":
            return ofContainer("container-stopped", "was never started", start);
        default:
            return ofContainer("container-stopped", `is stopped, with exit code ${exitCode}`, start);
    }
}

const limitOf = ({ memory }: ContainerFacts) =>
    memory > 0 ? `limit of ${Math.round(memory / 1024 ** 2)}m` : "machine has";

/** The smallest memory limit, in megabytes, that `doctor` proposes for a builder. */
const enoughMemory = 512;

function moreMemory(engine: EngineFacts, { name, owner, memory }: ContainerFacts): Fix[] {
    const docker = dockerAt(engine);
    const start = `${docker} restart ${quote(name)}`; // `start` would wait for the restart delay
    if (memory === 0) return [{ what: "restart the container", command: start }];
    const megabytes = Math.max(Math.ceil((2 * memory) / 1024 ** 2), enoughMemory);
    const update = `${docker} update --memory ${megabytes}m --memory-swap ${2 * megabytes}m ${quote(name)}`;
    const resource = resourceOf(owner);
    const ofStack =
        resource &&
        pulumiUp(
            resource,
            `increase driverOpts.memory of ${resource.name}, for example to "${megabytes}m"`,
            "--refresh",
        );
    const increase: Fix = { what: "increase its memory limit and restart it", command: `${update} && ${start}` };
    return ofStack ? [ofStack, increase] : [increase];
}

/** Returns fixes for a container that cannot run as it is: recreate it with other options and the same cache. */
function recreations(engine: EngineFacts, { name, owner }: ContainerFacts, record: RecordFacts | undefined): Fix[] {
    const logs: Fix = { what: "show the reason", command: `${dockerAt(engine)} logs --tail 20 ${quote(name)}` };
    const resource = resourceOf(owner);
    if (resource) return [logs, pulumiUp(resource, "fix the arguments, then recreate the container", "--refresh")];
    if (record?.nodes.length !== 1) return [logs];
    const { name: builder, nodes } = record;
    const create = [
        "docker buildx create --bootstrap --driver docker-container --name",
        builder,
        "--node",
        nodes[0]?.name,
    ];
    const command = `docker buildx rm --keep-state ${builder} && ${create.join(" ")} ${quote(nodes[0]?.address ?? "")}`;
    return [logs, { what: "recreate it with buildx's default options and the same cache", command }];
}

/** The share of used space from which a disk counts as full. */
const fullFrom = 0.95;

function checkDisk({ engine, container }: Seen, { name }: RecordFacts): Finding[] {
    const disk: Disk | undefined = container.disk;
    if (disk === undefined || disk.size === 0 || disk.available > disk.size * (1 - fullFrom)) return [];
    const found = `the disk with the cache of ${container.name} on ${addressOf(engine)} is nearly full: ${formatHumanSize(disk.available)} of ${formatHumanSize(disk.size)} left`;
    const prune = {
        what: "remove the builder's cache",
        command: `docker buildx prune --all --force --builder ${name}`,
    };
    return [finding("disk-full", name, found, prune)];
}

const addressOf = ({ addresses, host }: EngineFacts) => addresses[0] ?? host;
