/** Removes what a failed creation created, and restores what it changed. */
import { deleteObject, getObject, waitUntilGone } from "../../cluster/apply";
import type { Cluster } from "../../cluster/client";
import { type Kind, type KubernetesObject, referenceTo } from "../../cluster/objects";
import { restoreObject } from "../../cluster/restore";
import { type Owner, ownerOf, sameOwner } from "../../ownership";
import { restoreFiles } from "../builder/ownFiles";
import { removeRecordOf, writeRecordOf } from "../builder/record";
import type { Applying } from "./applying";
import type { DesiredKubernetes } from "./desired";
import { folderOf } from "./files";
import type { ObservedKubernetes } from "./observe";
import { removeClaims } from "./removeClaims";
import type { NodeStep, Step, StepOf } from "./steps";

/** Seconds until a removal is no longer waited for. The cluster still removes the object and its pods. */
const patience = 60;

/**
 * Undoes the steps of a failed creation in reverse order: what is new is removed, and what was adopted is restored. It
 * does not wait for the pods of restored workloads.
 *
 * @throws {Error} if something could not be undone.
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
    if ("node" in step) return undoNodeStep(step, applying, owner);
    switch (step.do) {
        case "writeFiles":
        case "removeFiles":
            return restoreFiles(folderOf(name), before.files);
        case "writeRecord":
            if (before.record.is === "present")
                return writeRecordOf(before.record.nodeGroup, false, new AbortController().signal);
            return removeRecordOf(step.record);
        default:
            return;
    }
}

async function undoNodeStep(
    step: NodeStep,
    { clusters, nodes, call, restored }: Applying,
    owner: Owner,
): Promise<void> {
    const node = nodes.get(step.node);
    const cluster = clusters.get(step.node);
    const namespace = node?.place?.namespace;
    if (node === undefined || cluster === undefined || namespace === undefined) return;
    /** Returns an object as it was, unless an interrupted creation of this resource created the object. */
    const adopted = (kind: Kind, name: string) =>
        node.objects.find(
            (object) =>
                object.kind === kind &&
                object.metadata.name === name &&
                !sameOwner(ownerOf(object.metadata.annotations), owner),
        );
    const restore = async (kind: Kind, name: string, untilGone = patience) => {
        const object = adopted(kind, name);
        if (object === undefined) return;
        call.report(`restoring ${kind} ${name} after the failure`);
        await restoreObject(cluster, object, untilGone);
        if (kind !== "ConfigMap") restored.push({ cluster, object });
    };
    switch (step.do) {
        case "applyConfigMaps":
            for (const { metadata } of step.objects) {
                const reference = { kind: "ConfigMap", namespace, name: metadata.name } as const;
                if (adopted("ConfigMap", metadata.name) !== undefined) await restore("ConfigMap", metadata.name);
                else await deleteObject(cluster, reference, { propagation: "Background" });
            }
            return;
        case "removeConfigMaps":
            for (const name of step.names) await restore("ConfigMap", name);
            return;
        case "removeWorkload":
            return restore(step.kind, step.workload, step.seconds);
        case "applyWorkload": {
            const { kind, metadata } = step.object;
            const isChanged = await isStillThere(cluster, adopted(kind as Kind, metadata.name));
            if (isChanged) await restore(kind as Kind, metadata.name);
            else await removeNew(cluster, step, call.report);
            if (node.desired.kind === "StatefulSet")
                await removeClaims(cluster, namespace, node.desired.workload, node.claims);
            return;
        }
        default:
            return;
    }
}

/** Whether an adopted object was changed in place. Otherwise, another object has its name now. */
async function isStillThere(cluster: Cluster, adopted: KubernetesObject | undefined): Promise<boolean> {
    if (adopted === undefined) return false;
    const found = await getObject(cluster, referenceTo(adopted));
    return found?.metadata.uid === adopted.metadata.uid;
}

async function removeNew(
    cluster: Cluster,
    { object }: StepOf<"applyWorkload">,
    report: (text: string) => void,
): Promise<void> {
    const reference = referenceTo(object);
    report(`removing ${reference.kind} ${reference.name} after the failure`);
    const uid = (await getObject(cluster, reference))?.metadata.uid ?? "";
    if (await deleteObject(cluster, reference, { propagation: "Foreground" }))
        await waitUntilGone(cluster, reference, { uid, timeout: patience });
}
