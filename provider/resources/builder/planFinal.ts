/** Decides the final steps that builders without a container on an engine share. */
import { type BuilderRecord, type NodeGroup, sameRecord } from "../../buildx/store";
import { changed, changedArguments } from "../plan";
import { causeOf } from "./causes";
import type { FinalStep } from "./finalSteps";

/**
 * Plans the record of a builder.
 *
 * @param paths the paths of the arguments in the record that changed. `undefined` for a new builder.
 */
export function planRecord(record: NodeGroup, found: BuilderRecord, paths: readonly string[] | undefined): FinalStep[] {
    const step = { do: "writeRecord", record, isNew: found.is === "absent" } as const;
    const isDrift = paths !== undefined;
    if (found.is === "absent")
        return [{ ...step, why: "buildx has no record of the builder on this machine", isDrift }];
    if (found.is === "unreadable") return [{ ...step, why: "buildx's record of the builder cannot be read", isDrift }];
    if (sameRecord(found.nodeGroup, record)) return [];
    const why = "buildx's record of the builder differs";
    return [{ ...step, ...(paths === undefined ? { why } : causeOf(paths, why)) }];
}

/**
 * Plans the change of settings that only Pulumi's state has.
 *
 * @param before the settings of the previous update. `undefined` for a new builder.
 */
export function planSavedOnly<SavedOnly extends object>(
    names: Readonly<Record<keyof SavedOnly, string>>,
    savedOnly: SavedOnly,
    before: SavedOnly | undefined,
): FinalStep[] {
    const properties = before === undefined ? [] : changedArguments(names, before, savedOnly);
    return properties.length === 0 ? [] : [{ do: "saveSettings", ...changed(properties), isDrift: false }];
}
