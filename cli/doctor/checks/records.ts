import { containerName, volumeName } from "../../../provider/buildx/names";
import { driver } from "../../../provider/buildx/store";
import type {
    ContainerFacts,
    EngineFacts,
    FileTrouble,
    Machine,
    RecordFacts,
    RecordNode,
    VolumeFacts,
} from "../../machine/facts";
import { type Asked, builderOfNode, isAskedRecord } from "../../machine/names";
import { dockerAt, quote } from "../../format/shell";
import { resourceOf } from "../../format/stack";
import { type Finding, type Mend, problem, pulumiUp } from "../finding";
import { isOfThisStore } from "../ownership";

/** A node of a record with its engine and, if they exist, its container and its volume. */
interface RecordedNode {
    readonly record: RecordFacts;
    readonly node: RecordNode;
    readonly engine: EngineFacts;
    readonly container: ContainerFacts | undefined;
    readonly volume: VolumeFacts | undefined;
}

/** Returns the records that cannot be read, and the records whose containers or volumes do not exist. */
export function ofRecords(machine: Machine, asked: Asked): Finding[] {
    const { records } = machine.store;
    return records.flatMap((record) => {
        // Reported for any requested name: if buildx cannot read one record, it lists no builder.
        if (record.forbidden !== undefined) return [ofForbidden(record.name, record.forbidden)];
        if (record.unreadable !== undefined) return ofUnreadable(record, machine);
        if (!isAskedRecord(asked, record)) return [];
        if (record.driver !== driver) return asked.length === 0 ? [] : [ofOtherDriver(record)];
        const nodes = record.nodes.flatMap((node) => recordedNode(record, node, machine.engines));
        return [...ofMissingContainers(record, nodes, machine), ...nodes.flatMap(ofMissingPlatforms)];
    });
}

/** Returns nothing if the engine cannot be queried, because that is a finding of its own. */
function recordedNode(record: RecordFacts, node: RecordNode, engines: readonly EngineFacts[]): RecordedNode[] {
    const engine = engines.find(({ addresses }) => addresses.includes(node.address));
    if (engine === undefined || engine.trouble !== undefined) return [];
    const container = engine.containers.find(({ name }) => name === containerName(node.name));
    const volume = engine.volumes.find(({ name }) => name === volumeName(node.name));
    return [{ record, node, engine, container, volume }];
}

const ofForbidden = (name: string, { message, command }: FileTrouble): Finding =>
    problem("record-forbidden", name, `the record of builder "${name}" cannot be used: ${message}`, {
        what: "let this user read it",
        ...(command && { command }),
    });

const ofOtherDriver = ({ name, driver: other }: RecordFacts): Finding => ({
    kind: "other-driver",
    severity: "hint",
    subject: name,
    found: `builder "${name}" has the driver ${other}, and only builders of the ${driver} driver are examined`,
    mends: [{ what: "look at it", command: `docker buildx inspect ${quote(name)}` }],
});

function ofUnreadable({ name, path, unreadable }: RecordFacts, { engines, store }: Machine): Finding[] {
    const container = engines
        .flatMap(({ containers }) => containers)
        .find((each) => builderOfNode(each.name) === containerName(name) && isOfThisStore(each.owner, store));
    const resource = resourceOf(container?.owner);
    const found = `the record of builder "${name}" cannot be read, and buildx works with no builder as long as it is there: ${unreadable}`;
    const removal: Mend = { what: "remove it, and make the builder again", command: `rm ${quote(path)}` };
    const mends = resource ? [pulumiUp(resource, "write it again"), removal] : [removal];
    return [problem("record-unreadable", name, found, ...mends)];
}

function ofMissingContainers({ name }: RecordFacts, nodes: readonly RecordedNode[], { store }: Machine): Finding[] {
    const missing = nodes.filter(({ container }) => container === undefined);
    if (missing.length === 0) return [];
    const places = missing.map(({ node }) => `${containerName(node.name)} on ${node.address}`).join(", ");
    const volume = missing.find((each) => each.volume && isOfThisStore(each.volume.owner, store))?.volume;
    const others = nodes.find(({ container }) => container && isOfThisStore(container.owner, store))?.container;
    const resource = resourceOf(others?.owner ?? volume?.owner);
    const boot: Mend = { what: "make and boot it", command: `docker buildx inspect --bootstrap ${name}` };
    const mend = resource ? pulumiUp(resource, "make it again", "--refresh") : boot;
    const removal: Mend = { what: "or forget the builder", command: `docker buildx rm --force ${name}` };
    const found = `builder "${name}" has a record and no container: there is no ${places}`;
    return [problem("record-without-container", name, found, mend, ...(resource ? [] : [removal]))];
}

function ofMissingPlatforms({ record, node, engine, container }: RecordedNode): Finding[] {
    if (container?.workers === undefined) return [];
    const { platforms: offered } = container.workers;
    const missing = node.platforms.filter((platform) => !offered.includes(platform));
    if (missing.length === 0) return [];
    const found =
        `node ${node.name} of builder "${record.name}" is preferred for ${missing.join(", ")}, and its BuildKit does not ` +
        `offer that (it offers ${offered.join(", ")}): there is no emulator`;
    const machines = [...new Set(missing.map((platform) => platform.split("/")[1] ?? ""))].join(",");
    const command = `${dockerAt(engine)} run --privileged --rm tonistiigi/binfmt --install ${machines}`;
    const what = "install emulators on the engine's machine, here or with a QemuEmulation resource";
    return [problem("platform-missing", record.name, found, { what, command })];
}
