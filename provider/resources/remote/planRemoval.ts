/** Decides what is removed of a builder. */
import type { BuilderRecord } from "../../buildx/store";
import type { Plan } from "../plan";
import { folderOf } from "./files";
import type { ObservedRemote } from "./observe";
import type { PreviousRemote } from "./previous";
import { driver } from "./record";
import type { Step } from "./steps";

/** Returns the steps that remove the record and the files of a builder. A record of another builder stays. */
export function planRemoval(
    previous: Pick<PreviousRemote, "name" | "nodes">,
    { record, files }: Pick<ObservedRemote, "record" | "files">,
): Plan<Step> {
    const { name } = previous;
    const why = "the builder is removed";
    const whyKept = whyRecordIsKept(previous, record);
    const steps: Step[] = [
        whyKept === undefined
            ? { do: "removeRecord", name, why }
            : { do: "leave", what: `buildx's record of builder "${name}"`, why: whyKept },
    ];
    if (files.size > 0) steps.push({ do: "removeFiles", paths: [folderOf(name)], why });
    return { steps };
}

/** Returns why the record belongs to a builder that another user created with the same name. */
function whyRecordIsKept({ nodes }: Pick<PreviousRemote, "nodes">, record: BuilderRecord): string | undefined {
    if (record.is !== "present") return undefined;
    const { Driver: found, Nodes: recorded } = record.nodeGroup;
    if (found !== driver) return `another process or user replaced the builder by a builder of the driver ${found}`;
    const isKnown = recorded.some(({ Endpoint: address }) => nodes.some(({ desired }) => desired.address === address));
    if (record.isOwn || isKnown) return undefined;
    return "another process or user replaced the builder by a builder with other nodes";
}
