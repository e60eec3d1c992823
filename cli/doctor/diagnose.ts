/** Decides which problems exist. Pure: the result depends on the facts alone. */
import type { Machine } from "../machine/facts";
import type { HostFacts } from "../machine/host";
import { type Asked, isAskedName, isAskedRecord } from "../machine/names";
import { ofContainers } from "./checks/containers";
import { ofEngines } from "./checks/engines";
import { ofHost } from "./checks/host";
import { ofRecords } from "./checks/records";
import { ofVolumes } from "./checks/volumes";
import type { Finding } from "./finding";

/**
 * Returns all findings.
 *
 * @param asked the names to examine. Problems that affect all builders are always reported.
 */
export const diagnose = (machine: Machine, host: HostFacts, asked: Asked): Finding[] => [
    ...ofEngines(machine, host),
    ...ofRecords(machine, asked),
    ...ofContainers(machine, asked),
    ...ofVolumes(machine, asked),
    ...ofHost(machine, host, asked),
    ...asked.filter((name) => !isKnown(machine, host, name)).map(ofUnknownName),
];

const isKnown = ({ store, engines }: Machine, { contexts }: HostFacts, name: string): boolean =>
    store.records.some((record) => isAskedRecord([name], record)) ||
    engines
        .flatMap((engine) => [...engine.containers, ...engine.volumes])
        .some((each) => isAskedName([name], each.name)) ||
    contexts.some((context) => context.name === name);

const ofUnknownName = (name: string): Finding => ({
    kind: "name-unknown",
    severity: "hint",
    subject: name,
    found: `there is nothing of the name "${name}"`,
    mends: [{ what: "see what there is", command: "npx pulumi-buildx status" }],
});
