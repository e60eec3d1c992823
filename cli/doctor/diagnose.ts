/** Decides which problems exist. Pure: the result depends on the facts alone. */
import type { Machine } from "../machine/facts";
import type { HostFacts } from "../machine/host";
import { type RequestedNames, isRequestedName, isRequestedRecord } from "../machine/names";
import { checkContainers } from "./checks/containers";
import { checkEngines } from "./checks/engines";
import { checkFarNodes } from "./checks/farNodes";
import { checkHost } from "./checks/host";
import { checkRecords } from "./checks/records";
import { checkVolumes } from "./checks/volumes";
import { type Finding, finding } from "./finding";

/**
 * Returns all findings.
 *
 * @param requested the names to examine. Problems that affect all builders are always reported.
 */
export const diagnose = (machine: Machine, host: HostFacts, requested: RequestedNames): Finding[] => [
    ...checkEngines(machine, host),
    ...checkRecords(machine, requested),
    ...checkContainers(machine, requested),
    ...checkVolumes(machine, requested),
    ...checkFarNodes(machine),
    ...checkHost(machine, host, requested),
    ...requested.filter((name) => !isKnown(machine, host, name)).map(unknownName),
];

const isKnown = ({ store, engines }: Machine, { contexts }: HostFacts, name: string): boolean =>
    store.records.some((record) => isRequestedRecord([name], record)) ||
    engines
        .flatMap((engine) => [...engine.containers, ...engine.volumes])
        .some((each) => isRequestedName([name], each.name)) ||
    contexts.some((context) => context.name === name);

const unknownName = (name: string): Finding =>
    finding(
        "name-unknown",
        name,
        `"${name}" not found: no builder, node, container, volume or docker context of this package has that name`,
        { what: "list what exists", command: "npx pulumi-buildx status" },
    );
