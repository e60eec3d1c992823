/** Decides what is removed of a builder. */
import type { Cause } from "../../bridges/lifecycle";
import type { BuilderRecord } from "../../buildx/store";
import { type Owner, sameOwner } from "../../ownership";
import type { Plan } from "../plan";
import { folderOf } from "./files";
import type { ObservedKubernetes } from "./observe";
import type { ObservedNode } from "./observeNode";
import { removal } from "./planNode";
import type { PreviousKubernetes } from "./previous";
import { driver } from "./record";
import type { Step } from "./steps";

/** Returns the steps that remove a node: its workload and ConfigMaps, and its claims unless they are kept. */
export function planNodeRemoval(node: ObservedNode, owner: Owner, keepState: boolean, cause: Cause): Step[] {
    const { desired, workload, other, unneededMaps, claims, previous } = node;
    const { name, kind, workload: object } = desired;
    if (kind === undefined) return []; // of another resource
    const steps: Step[] = [];
    const all = [workload, other].filter((each) => each !== undefined);
    const foreign = all.find((found) => found.owner !== undefined && !sameOwner(found.owner, owner));
    if (foreign !== undefined) {
        const why = `it now belongs to ${foreign.owner?.urn}`;
        return [{ do: "leave", what: `the ${foreign.kind} ${object}`, why }];
    }
    for (const found of all) steps.push(...removal(node, found, cause));
    if (unneededMaps.length > 0) steps.push({ do: "removeConfigMaps", node: name, names: unneededMaps, ...cause });
    const kept = previous?.foundClaims ?? [];
    // The controller of a StatefulSet may create more claims during the update: the step lists the claims again.
    const mayHaveClaims = kind === "StatefulSet" || claims.some((claim) => !kept.includes(claim));
    if (mayHaveClaims && !keepState) steps.push({ do: "removeClaims", node: name, workload: object, kept, ...cause });
    return steps;
}

/**
 * Returns the steps that remove a builder. A record of another builder stays.
 *
 * @param observed the nodes in Pulumi's state, and what exists of the builder.
 */
export function planRemoval(
    { name, desired }: Pick<PreviousKubernetes, "name" | "desired">,
    { record, files, nodes }: Pick<ObservedKubernetes, "record" | "files" | "nodes">,
): Plan<Step> {
    const cause = { why: "the builder is removed" };
    const { owner, savedOnly } = desired;
    const whyKept = whyRecordIsKept(record);
    return {
        steps: [
            ...nodes
                .filter(({ error }) => error === undefined)
                .flatMap((node) => planNodeRemoval(node, owner, savedOnly.keepState, cause)),
            whyKept === undefined
                ? { do: "removeRecord", name, ...cause }
                : { do: "leave", what: `buildx's record of builder "${name}"`, why: whyKept },
            ...(files.size > 0 ? [{ do: "removeFiles", paths: [folderOf(name)], ...cause } as const] : []),
        ],
    };
}

/** Returns why the record belongs to a builder that another user created with the same name. */
function whyRecordIsKept(record: BuilderRecord): string | undefined {
    if (record.is !== "present" || record.nodeGroup.Driver === driver) return undefined;
    return `another process or user replaced the builder by a builder of the driver ${record.nodeGroup.Driver}`;
}
