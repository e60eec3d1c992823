/** Decides what happens to the emulators of a host. Pure, like the builder's plan. */
import type { Cause } from "../../bridges/lifecycle";
import { sameImage } from "../../registry/imageReference";
import { changed, changedArguments, type Plan } from "../plan";
import { architectures, emulatorOf } from "./architectures";
import { compareEmulators, type Comparison, union } from "./compare";
import type { DesiredEmulation, SavedOnly } from "./desired";
import type { ObservedEmulation } from "./observe";
import { whyRefused } from "./refusals";

export type EmulationStep = Cause &
    (
        | {
              /** Records on the engine which emulators the resource owns, before any is registered or removed. */
              readonly do: "writeOwner";
              readonly emulators: readonly string[];
          }
        | {
              readonly do: "callImage";
              /** The names of emulators. */
              readonly uninstall: readonly string[];
              /** The architectures, or `all`. */
              readonly install: readonly string[];
          }
        /** Changes nothing on the engine. Pulumi's state stores the settings for later steps. */
        | { readonly do: "saveSettings" }
    );

export type EmulationPlan = Plan<EmulationStep>;

/** An emulation as it was after the previous update. */
export interface PreviousEmulation {
    readonly desired: DesiredEmulation;
    /** The emulators that the resource registered. */
    readonly added: readonly string[];
    /** The architectures that ran after the update; `undefined` if architectures were requested by name. */
    readonly ran: readonly string[] | undefined;
}

/** @param previous `undefined` for a new emulation. */
export function planEmulation(
    desired: DesiredEmulation,
    observed: ObservedEmulation,
    previous: PreviousEmulation | undefined,
): EmulationPlan {
    const replaces = previous ? changedArguments({ endpoint: "endpoint" }, previous.desired, desired) : [];
    if (replaces.length > 0) return { replaces, steps: [] };
    const compared = compareEmulators(desired, observed, previous);
    const refusal = whyRefused(desired, observed, compared);
    if (refusal !== undefined) return { refusal, steps: [] };
    if (observed.isOther) {
        const why = "the engine is another one, and the emulators of its host are not known yet";
        return { steps: [{ do: "saveSettings", why, properties: ["emulators"], isDrift: true }] };
    }
    return {
        steps: [
            ...planOwner(desired, observed, compared, previous),
            ...planCall(desired, observed, compared, previous),
            ...planSavedOnly(desired.savedOnly, previous?.desired.savedOnly),
        ],
    };
}

function planOwner(
    desired: DesiredEmulation,
    { owners: { own = [] } }: ObservedEmulation,
    { kept, missing }: Comparison,
    previous: PreviousEmulation | undefined,
): EmulationStep[] {
    const emulators = union(kept, missing.map(emulatorOf));
    const key = (names: readonly string[]) => [...names].sort().join();
    if (key(own) === key(emulators)) return [];
    const cause = causeOf(previous, changedPlatforms(desired, previous), "the engine records other emulators");
    return [{ do: "writeOwner", emulators, ...cause }];
}

function planCall(
    desired: DesiredEmulation,
    { owners: { others } }: ObservedEmulation,
    { kept, unwanted, missing, broken }: Comparison,
    previous: PreviousEmulation | undefined,
): EmulationStep[] {
    const isNewImage = previous !== undefined && !sameImage(previous.desired.image, desired.image);
    const renewed = kept.filter((emulator) => isNewImage || broken.includes(emulator));
    const removed = unwanted.filter((emulator) => !others.includes(emulator));
    const uninstall = union(removed, renewed);
    const needed = union(
        missing,
        architectures.filter((each) => renewed.includes(emulatorOf(each))),
    );
    if (uninstall.length === 0 && needed.length === 0) return [];
    const install = needed.length > 0 && desired.architectures === "all" ? ["all"] : needed;
    const isByPlatforms = removed.length > 0 || missing.some((each) => !wasDesired(each, previous));
    const properties = [
        ...(isByPlatforms ? changedPlatforms(desired, previous) : []),
        ...(isNewImage && renewed.length > 0 ? ["image"] : []),
    ];
    const cause = causeOf(previous, properties, driftOf({ missing, broken }));
    return [{ do: "callImage", uninstall, install, ...cause }];
}

function driftOf({ missing, broken }: Pick<Comparison, "missing" | "broken">): string {
    if (broken.length > 0) return "an emulator does not work";
    return missing.length > 0 ? "an emulator is missing" : "an emulator is no longer needed";
}

function planSavedOnly(savedOnly: SavedOnly, before: SavedOnly | undefined): EmulationStep[] {
    const names = { image: "image", pull: "pull", tls: "tls" } as const satisfies Record<keyof SavedOnly, string>;
    const properties = before === undefined ? [] : changedArguments(names, before, savedOnly);
    return properties.length === 0 ? [] : [{ do: "saveSettings", ...changed(properties) }];
}

/** @param drift the cause if no argument changed. */
function causeOf(previous: PreviousEmulation | undefined, properties: readonly string[], drift: string): Cause {
    if (previous === undefined) return { why: "the emulation does not exist yet", properties: ["platforms"] };
    if (properties.length > 0) return changed(properties);
    return { why: drift, properties: ["emulators"], isDrift: true };
}

const changedPlatforms = (desired: DesiredEmulation, previous: PreviousEmulation | undefined): string[] =>
    previous ? changedArguments({ architectures: "platforms" }, previous.desired, desired) : [];

function wasDesired(architecture: string, previous: PreviousEmulation | undefined): boolean {
    const before = previous?.desired.architectures ?? [];
    return before === "all" || before.includes(architecture);
}

/**
 * Plans the removal of the resource. It removes the emulators that no other resource owns.
 *
 * @param added the emulators that the resource registered.
 * @param others the emulators that other resources own, read after the record of this resource was removed. If two
 *   resources are removed at the same time, they then leave no emulator behind.
 */
export function planEmulationRemoval(added: readonly string[], others: readonly string[]): EmulationPlan {
    const uninstall = added.filter((each) => !others.includes(each));
    if (uninstall.length === 0) return { steps: [] };
    return { steps: [{ do: "callImage", uninstall, install: [], why: "the emulation is removed" }] };
}
