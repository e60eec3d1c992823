/**
 * Decides what happens to a builder. `plan` is pure: it compares the desired builder with what exists on this machine and
 * with the builder in Pulumi's state, and returns steps. `diff` shows the steps at preview. `create`, `update` and
 * `delete` run them. No step changes a daemon.
 */
import { dirname, sep } from "node:path";
import type { Cause } from "../../bridges/lifecycle";
import { planChoice } from "../builder/choice";
import { planRecord, planSavedOnly } from "../builder/planFinal";
import { firstReason, type Plan } from "../plan";
import { causeOf } from "../builder/causes";
import { changedPaths } from "./causes";
import type { DesiredRemote, SavedOnly } from "./desired";
import type { ObservedRemote } from "./observe";
import { planConnections } from "./planConnections";
import type { PreviousRemote } from "./previous";
import { recordOf } from "./record";
import { refusals } from "./refusals";
import type { Step } from "./steps";

/** @param previous the builder in Pulumi's state. `undefined` for a new builder. */
export function plan(
    desired: DesiredRemote,
    observed: ObservedRemote,
    previous: PreviousRemote | undefined,
): Plan<Step> {
    if (previous !== undefined && previous.name !== desired.name) return { replaces: ["name"], steps: [] };
    const refusal = firstReason(refusals, desired, observed, previous);
    if (refusal !== undefined) return { refusal, steps: [] };
    const before = previous?.desired.savedOnly;
    const { name, savedOnly } = desired;
    const changed = previous && changedPaths(previous.args, desired.args, recordArguments);
    return {
        steps: [
            ...planConnections(desired, previous),
            ...planFiles(desired, observed, previous),
            ...planRecord(recordOf(desired), observed.record, changed),
            ...planUnneededFiles(desired, observed, previous),
            ...planChoice(name, savedOnly.use, observed.choice, before?.use === true),
            ...planSavedOnly(savedOnlyNames, savedOnly, before),
        ],
    };
}

const filesOf = ({ nodes }: DesiredRemote): Readonly<Record<string, string>> =>
    Object.fromEntries(nodes.flatMap(({ files }) => Object.entries(files)));

function planFiles(
    desired: DesiredRemote,
    { files: found }: ObservedRemote,
    previous: PreviousRemote | undefined,
): Step[] {
    const differing = Object.entries(filesOf(desired)).filter(([path, text]) => {
        const file = found.get(path);
        return file?.content !== text || !file.isPrivate;
    });
    if (differing.length === 0) return [];
    const cause = causeOfFiles(desired, previous, "a file of a certificate or key is missing or differs");
    return [{ do: "writeFiles", files: Object.fromEntries(differing), ...cause }];
}

/** Plans the removal of files after the record no longer has their paths. */
function planUnneededFiles(
    desired: DesiredRemote,
    { files: found }: ObservedRemote,
    previous: PreviousRemote | undefined,
): Step[] {
    const needed = Object.keys(filesOf(desired));
    const unneeded = [...found.keys()].filter((path) => !needed.includes(path));
    if (unneeded.length === 0) return [];
    const isNeeded = (folder: string) => needed.some((path) => path.startsWith(folder + sep));
    const paths = unneeded.map((path) => (isNeeded(dirname(path)) ? path : dirname(path)));
    const cause = causeOfFiles(desired, previous, "a file of a certificate or key is no longer needed");
    return [{ do: "removeFiles", paths: [...new Set(paths)], ...cause }];
}

function causeOfFiles(desired: DesiredRemote, previous: PreviousRemote | undefined, drift: string): Cause {
    if (previous === undefined) return { why: drift };
    return causeOf(changedPaths(previous.args, desired.args, ["name", "tls"]), drift);
}

const recordArguments = ["name", "endpoint", "tls", "platforms", "defaultLoad"] as const;

const savedOnlyNames = {
    use: "use",
    requirePlatforms: "requirePlatforms",
    bootTimeout: "bootTimeout",
} as const satisfies Record<keyof SavedOnly, string>;
