/** Decides whether an archive is written. Pure, like the builder's plan. */
import type { Cause } from "../../bridges/lifecycle";
import { formatLocation, type Location } from "../../transfer/location";
import { changed, changedArguments, type Plan } from "../plan";
import type { DesiredArchive } from "./desired";
import type { ObservedArchive } from "./observe";

export interface ArchiveStep extends Cause {
    readonly do: "write";
    readonly node: string;
    readonly to: Location;
    readonly image: string;
    readonly drainTimeout: number;
}

export type ArchivePlan = Plan<ArchiveStep>;

/** An archive as it was when it was last written. */
export interface PreviousArchive {
    readonly desired: DesiredArchive;
    /** The SHA-256 of the tar in the archive. */
    readonly sha256: string;
}

/** @param previous `undefined` if the archive was never written. */
export function planArchive(
    desired: DesiredArchive,
    observed: ObservedArchive,
    previous: PreviousArchive | undefined,
): ArchivePlan {
    const cause = causeOf(desired, observed, previous);
    if (cause === undefined) return { steps: [] };
    const { node, to, image, drainTimeout } = desired;
    return { steps: [{ do: "write", node, to, image, drainTimeout, ...cause }] };
}

/** Returns why the archive is written, or `undefined` if it is not written. */
function causeOf(
    desired: DesiredArchive,
    { sha256 }: ObservedArchive,
    previous: PreviousArchive | undefined,
): Cause | undefined {
    if (previous === undefined) return { why: "the archive was not written yet" };
    const names = { ...desired.setBy, to: "to", triggers: "triggers" };
    const properties = changedArguments(names, previous.desired, desired);
    if (properties.length > 0) return changed(properties);
    if (sha256 === previous.sha256) return undefined;
    const why = `${formatLocation(desired.to)} is ${sha256 === undefined ? "missing" : "another archive"}`;
    return { why, properties: ["sha256"], isDrift: true };
}
