/** Observes what exists of a builder on this machine. The daemons are only queried by steps. */
import type { Choice } from "../../buildx/current";
import { type BuilderRecord, readRecord } from "../../buildx/store";
import { isContext } from "../../docker/endpoint/context";
import { observeChoice } from "../builder/choice";
import { observeFilesIn, type OwnFile } from "../builder/ownFiles";
import { folderOf } from "./files";

export interface ObservedRemote {
    readonly record: BuilderRecord;
    /** Whether this resource is known to have written the record, although Pulumi's state does not have the builder. */
    readonly isBegun: boolean;
    /** Whether docker has a context with the builder's name. buildx would use the context as the builder. */
    readonly isContext: boolean;
    /** Whether buildx uses the builder when no builder is named, according to buildx's store. */
    readonly choice: Choice;
    /** The builder's own files, by their paths in buildx's folder. */
    readonly files: ReadonlyMap<string, OwnFile>;
}

/** @param wasBegun whether an earlier creation of this resource started with the name. */
export async function observe(name: string, wasBegun = false): Promise<ObservedRemote> {
    const [record, choice, files] = await Promise.all([
        readRecord(name),
        observeChoice(name),
        observeFilesIn(folderOf(name)),
    ]);
    const isBegun = wasBegun && record.is === "present" && record.isOwn;
    return { record, isBegun, isContext: isContext(name), choice, files };
}
