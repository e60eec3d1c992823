import { containerName } from "../../../provider/buildx/names";
import type { Disk } from "../../../provider/docker/buildkitd/disk";
import type { ContainerFacts, EngineFacts, Machine, RecordFacts, StoreFacts } from "../../machine/facts";
import { type Asked, builderOfNode, isAskedName, isAskedRecord, nodeOfName } from "../../machine/names";
import { formatSize } from "../../format/quantities";
import { dockerAt, quote } from "../../format/shell";
import { resourceOf } from "../../format/stack";
import { type Finding, type Mend, problem, pulumiUp } from "../finding";
import { hasUnreadableRecord, isOfOtherStore } from "../ownership";

/** A container on its engine, with the record that names it. */
interface Seen {
    readonly engine: EngineFacts;
    readonly container: ContainerFacts;
    readonly record: RecordFacts | undefined;
}

/** Returns the containers without a record, and the containers that do not run as they should. */
export function ofContainers({ store, engines }: Machine, asked: Asked): Finding[] {
    const seen = engines.flatMap((engine) =>
        engine.containers.map((container): Seen => {
            const isNamed = ({ name, address }: RecordFacts["nodes"][number]) =>
                containerName(name) === container.name && engine.addresses.includes(address);
            return { engine, container, record: store.records.find(({ nodes }) => nodes.some(isNamed)) };
        }),
    );
    return seen.flatMap((each) => {
        const { container, record } = each;
        const isAsked = record ? isAskedRecord(asked, record) : isAskedName(asked, container.name);
        if (!isAsked || isOfOtherStore(container.owner, store)) return [];
        return record === undefined ? ofMissingRecord(each, store) : [...ofState(each), ...ofDisk(each, record)];
    });
}

function ofMissingRecord({ engine, container: { name, owner, volumes } }: Seen, store: StoreFacts): Finding[] {
    const node = nodeOfName(name);
    if (node === undefined) return []; // not a builder's container, so no record names it
    if (hasUnreadableRecord(node, store)) return []; // reported by ofRecords
    const resource = resourceOf(owner);
    const by = resource ? `stack ${resource.project}/${resource.stack} made it` : "buildx made it";
    const found = `container ${name} on ${addressOf(engine)} runs a builder (${by}) that has no record in ${store.folder}`;
    const docker = dockerAt(engine);
    const state = volumes.filter((volume) => nodeOfName(volume) !== undefined).map(quote);
    const removal = [`${docker} rm --force ${quote(name)}`, ...state.map((each) => `${docker} volume rm ${each}`)];
    const recording = ["docker buildx create --driver docker-container", "--name", builderOfNode(node), "--node", node];
    const mends: Mend[] = resource
        ? [pulumiUp(resource, "write the record again")]
        : [
              { what: "use it again, with its cache", command: [...recording, quote(addressOf(engine))].join(" ") },
              { what: "or remove it with its cache", command: removal.join(" && ") },
          ];
    return [problem("container-without-record", name, found, ...mends)];
}

function ofState({ engine, container, record }: Seen): Finding[] {
    const { name, state, exitCode, oomKilled, lastLogLine } = container;
    const docker = `${dockerAt(engine)}`;
    const log = lastLogLine ? `; the last line of its log: ${lastLogLine}` : "";
    const tell = (kind: string, what: string, ...mends: Mend[]) => [
        problem(kind, record?.name ?? name, `container ${name} on ${addressOf(engine)} ${what}${log}`, ...mends),
    ];
    const start: Mend = { what: "start it", command: `${docker} start ${quote(name)}` };
    if (oomKilled && state !== "running")
        return tell(
            "container-out-of-memory",
            `was killed for wanting more memory than its ${limitOf(container)}`,
            ...moreMemory(engine, container),
        );
    switch (state) {
        case "running":
            if (container.workers !== undefined) return [];
            return tell("buildkit-silent", "runs, and BuildKit in it does not answer", {
                what: "start it again, which cuts off what it is building",
                command: `${docker} restart ${quote(name)}`,
            });
        case "restarting":
            return tell(
                "container-restarting",
                `ends again and again, with exit code ${exitCode}`,
                ...makingAnew(engine, container, record),
            );
        case "paused":
            return tell("container-paused", "is paused", {
                what: "let it go on",
                command: `${docker} unpause ${quote(name)}`,
            });
        case "created":
            return tell("container-stopped", "was never started", start);
        default:
            return tell("container-stopped", `is stopped, with exit code ${exitCode}`, start);
    }
}

const limitOf = ({ memory }: ContainerFacts) =>
    memory > 0 ? `limit of ${Math.round(memory / 1024 ** 2)}m` : "machine has";

/** The smallest memory limit, in megabytes, that `doctor` proposes for a builder. */
const enoughMemory = 512;

function moreMemory(engine: EngineFacts, { name, owner, memory }: ContainerFacts): Mend[] {
    const docker = dockerAt(engine);
    const start = `${docker} restart ${quote(name)}`; // `start` would wait for the restart delay
    if (memory === 0) return [{ what: "start it again", command: start }];
    const megabytes = Math.max(Math.ceil((2 * memory) / 1024 ** 2), enoughMemory);
    const update = `${docker} update --memory ${megabytes}m --memory-swap ${2 * megabytes}m ${quote(name)}`;
    const resource = resourceOf(owner);
    const ofStack =
        resource &&
        pulumiUp(resource, `raise driverOpts.memory of ${resource.name}, for example to "${megabytes}m"`, "--refresh");
    const raise: Mend = { what: "give it more and start it again", command: `${update} && ${start}` };
    return ofStack ? [ofStack, raise] : [raise];
}

/** Returns fixes for a container that cannot run as it is: recreate it with other options and the same cache. */
function makingAnew(engine: EngineFacts, { name, owner }: ContainerFacts, record: RecordFacts | undefined): Mend[] {
    const logs: Mend = { what: "see why", command: `${dockerAt(engine)} logs --tail 20 ${quote(name)}` };
    const resource = resourceOf(owner);
    if (resource) return [logs, pulumiUp(resource, "once the arguments are mended, make it again", "--refresh")];
    if (record?.nodes.length !== 1) return [logs];
    const { name: builder, nodes } = record;
    const create = [
        "docker buildx create --bootstrap --driver docker-container --name",
        builder,
        "--node",
        nodes[0]?.name,
    ];
    const command = `docker buildx rm --keep-state ${builder} && ${create.join(" ")} ${quote(nodes[0]?.address ?? "")}`;
    return [logs, { what: "make it again with buildx's default options, on the same cache", command }];
}

/** The share of used space from which a disk counts as full. */
const fullFrom = 0.95;

function ofDisk({ engine, container }: Seen, { name }: RecordFacts): Finding[] {
    const disk: Disk | undefined = container.disk;
    if (disk === undefined || disk.size === 0 || disk.available > disk.size * (1 - fullFrom)) return [];
    const found = `the disk under the cache of ${container.name} on ${addressOf(engine)} is nearly full: ${formatSize(disk.available)} of ${formatSize(disk.size)} left`;
    const prune = { what: "empty the builder's cache", command: `docker buildx prune --all --force --builder ${name}` };
    return [problem("disk-full", name, found, prune)];
}

const addressOf = ({ addresses, host }: EngineFacts) => addresses[0] ?? host;
