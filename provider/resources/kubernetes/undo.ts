/** Removes what a failed creation created. */
import { deleteObject, getObject, waitUntilGone } from "../../cluster/apply";
import type { Kind } from "../../cluster/objects";
import { listClaims } from "../../cluster/workloads";
import { type Owner, sameOwner } from "../../ownership";
import { removeRecordOf, writeRecordOf } from "../builder/record";
import type { Applying } from "./applying";
import type { DesiredKubernetes } from "./desired";
import { removeFiles } from "../builder/ownFiles";
import { folderOf } from "./files";
import type { ObservedKubernetes } from "./observe";
import { stateVolume } from "./pod";
import type { Step } from "./steps";

/** Seconds until the removal of pods of a failed creation is no longer waited for. The cluster still removes them. */
const patience = 60;

/**
 * Removes what the steps of a failed creation created, in reverse order. An adopted record is restored. An adopted
 * workload stays: it was there before.
 *
 * @throws {Error} if something could not be removed.
 */
export async function undo(
    applying: Applying,
    before: ObservedKubernetes,
    { name, owner }: Pick<DesiredKubernetes, "name" | "owner">,
): Promise<void> {
    const failures: unknown[] = [];
    for (const step of applying.begun.toReversed())
        await undoStep(step, applying, before, { name, owner }).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
}

async function undoStep(
    step: Step,
    applying: Applying,
    before: ObservedKubernetes,
    { name, owner }: Pick<DesiredKubernetes, "name" | "owner">,
): Promise<void> {
    switch (step.do) {
        case "applyWorkload":
        case "applyConfigMaps":
            return undoNodeStep(step, applying, owner);
        case "writeFiles":
            return removeFiles([folderOf(name)]);
        case "writeRecord":
            if (before.record.is === "present")
                return writeRecordOf(before.record.nodeGroup, false, new AbortController().signal);
            return removeRecordOf(step.record);
        default:
            return;
    }
}

async function undoNodeStep(
    step: Extract<Step, { do: "applyWorkload" | "applyConfigMaps" }>,
    { clusters, nodes, call }: Applying,
    owner: Owner,
): Promise<void> {
    const node = nodes.get(step.node);
    const cluster = clusters.get(step.node);
    const namespace = node?.place?.namespace;
    const found = node?.workload ?? node?.other;
    const isAdopted = found !== undefined && !sameOwner(found.owner, owner);
    if (cluster === undefined || namespace === undefined || isAdopted) return;
    if (step.do === "applyConfigMaps") {
        for (const { metadata } of step.objects)
            await deleteObject(
                cluster,
                { kind: "ConfigMap", namespace, name: metadata.name },
                { propagation: "Background" },
            );
        return;
    }
    const { name } = step.object.metadata;
    const reference = { kind: step.object.kind as Kind, namespace, name };
    call.report(`removing ${reference.kind} ${name} after the failure`);
    const uid = (await getObject(cluster, reference))?.metadata.uid ?? "";
    if (await deleteObject(cluster, reference, { propagation: "Foreground" }))
        await waitUntilGone(cluster, reference, { uid, timeout: patience });
    if (reference.kind !== "StatefulSet") return;
    for (const claim of await listClaims(cluster, namespace, stateVolume, name))
        if (!(node?.claims ?? []).includes(claim.name))
            await deleteObject(
                cluster,
                { kind: "PersistentVolumeClaim", namespace, name: claim.name },
                { propagation: "Background", uid: claim.uid },
            );
}
