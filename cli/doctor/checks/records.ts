import { containerName, volumeName } from "../../../provider/buildx/names";
import { driver } from "../../../provider/buildx/store";
import type {
    ContainerFacts,
    EngineFacts,
    FileAccessProblem,
    Machine,
    RecordFacts,
    RecordNode,
    VolumeFacts,
} from "../../machine/facts";
import { type RequestedNames, builderOfNode, isRequestedRecord } from "../../machine/names";
import { dockerAt, quote } from "../../format/shell";
import { resourceOf } from "../../format/stack";
import { type Finding, type Fix, finding, pulumiUp } from "../finding";
import { isOfThisStore } from "../ownership";

/** A node of a record with its engine and, if they exist, its container and its volume. */
interface RecordedNode {
    readonly record: RecordFacts;
    readonly node: RecordNode;
    readonly engine: EngineFacts;
    readonly container: ContainerFacts | undefined;
    readonly volume: VolumeFacts | undefined;
}

/** Other drivers whose builders are checked. */
const drivers = ["remote", "kubernetes"];

/** Returns the records that cannot be read, and the records whose containers or volumes do not exist. */
export function checkRecords(machine: Machine, requested: RequestedNames): Finding[] {
    const { records } = machine.store;
    return records.flatMap((record) => {
        // Reported for any requested name: if buildx cannot read one record, it lists no builder.
        if (record.forbidden !== undefined) return [forbiddenRecord(record.name, record.forbidden)];
        if (record.unreadable !== undefined) return unreadableRecord(record, machine);
        if (!isRequestedRecord(requested, record)) return [];
        if (drivers.includes(record.driver)) return []; // see farNodes.ts
        if (record.driver !== driver) return requested.length === 0 ? [] : [otherDriverRecord(record)];
        const nodes = record.nodes.flatMap((node) => recordedNode(record, node, machine.engines));
        return [...checkMissingContainers(record, nodes, machine), ...nodes.flatMap(checkMissingPlatforms)];
    });
}

/** Returns nothing if the engine cannot be queried, because that is a finding of its own. */
function recordedNode(record: RecordFacts, node: RecordNode, engines: readonly EngineFacts[]): RecordedNode[] {
    const engine = engines.find(({ addresses }) => addresses.includes(node.address));
    if (engine === undefined || engine.error !== undefined) return [];
    const container = engine.containers.find(({ name }) => name === containerName(node.name));
    const volume = engine.volumes.find(({ name }) => name === volumeName(node.name));
    return [{ record, node, engine, container, volume }];
}

const forbiddenRecord = (name: string, { message, command }: FileAccessProblem): Finding =>
    finding("record-forbidden", name, `the record of builder "${name}" cannot be used: ${message}`, {
        what: "give this user read access",
        ...(command && { command }),
    });

const otherDriverRecord = ({ name, driver: other }: RecordFacts): Finding =>
    finding(
        "other-driver",
        name,
        `builder "${name}" has the driver ${other}: only builders with the drivers ${[driver, ...drivers].join(", ")} are checked`,
        { what: "inspect it", command: `docker buildx inspect ${quote(name)}` },
    );

function unreadableRecord({ name, path, unreadable }: RecordFacts, { engines, store }: Machine): Finding[] {
    const container = engines
        .flatMap(({ containers }) => containers)
        .find((each) => builderOfNode(each.name) === containerName(name) && isOfThisStore(each.owner, store));
    const resource = resourceOf(container?.owner);
    const found = `the record of builder "${name}" cannot be read, and buildx cannot use any builder as long as this record exists: ${unreadable}`;
    const removal: Fix = { what: "remove the record, then create the builder again", command: `rm ${quote(path)}` };
    const mends = resource ? [pulumiUp(resource, "create the record again"), removal] : [removal];
    return [finding("record-unreadable", name, found, ...mends)];
}

function checkMissingContainers({ name }: RecordFacts, nodes: readonly RecordedNode[], { store }: Machine): Finding[] {
    const missing = nodes.filter(({ container }) => container === undefined);
    if (missing.length === 0) return [];
    const names = missing.map(({ node }) => `${containerName(node.name)} on ${node.address}`).join(", ");
    const volume = missing.find((each) => each.volume && isOfThisStore(each.volume.owner, store))?.volume;
    const others = nodes.find(({ container }) => container && isOfThisStore(container.owner, store))?.container;
    const resource = resourceOf(others?.owner ?? volume?.owner);
    const boot: Fix = { what: "create and boot the container", command: `docker buildx inspect --bootstrap ${name}` };
    const fix = resource ? pulumiUp(resource, "recreate the container", "--refresh") : boot;
    const removal: Fix = { what: "or remove the builder", command: `docker buildx rm --force ${name}` };
    const found = `builder "${name}" has a record but no container: ${names} not found`;
    return [finding("record-without-container", name, found, fix, ...(resource ? [] : [removal]))];
}

function checkMissingPlatforms({ record, node, engine, container }: RecordedNode): Finding[] {
    if (container?.workers === undefined) return [];
    const { platforms: offered } = container.workers;
    const missing = node.platforms.filter((platform) => !offered.includes(platform));
    if (missing.length === 0) return [];
    const found =
        `node ${node.name} of builder "${record.name}" is preferred for ${missing.join(", ")}, but its BuildKit does not ` +
        `support that (it supports ${offered.join(", ")}): no emulator is registered`;
    const machines = [...new Set(missing.map((platform) => platform.split("/")[1] ?? ""))].join(",");
    const command = `${dockerAt(engine)} run --privileged --rm tonistiigi/binfmt --install ${machines}`;
    const what = "register emulators on the engine's host, with this command or with a QemuEmulation resource";
    return [finding("platform-missing", record.name, found, { what, command })];
}
