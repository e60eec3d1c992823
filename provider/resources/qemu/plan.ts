/** Decides what happens to the emulators of a host. Pure, like the builder's plan. */
import { sameImage } from "../../registry/imageReference";
import { whyLeftBehind } from "../../docker/engine/leftBehind";
import { architectureOf, architectures, emulatorOf } from "./architectures";
import type { EmulatorOwners } from "./emulatorOwners";
import type { DesiredEmulation, SavedOnly } from "./desired";
import type { ObservedEmulation } from "./observe";

export type EmulationStep =
    /** Records on the engine which emulators the resource claims, before any of them is registered or removed. */
    | { readonly do: "claim"; readonly emulators: readonly string[]; readonly why: string }
    | {
          readonly do: "call";
          /** The names of emulators. */
          readonly uninstall: readonly string[];
          /** The architectures, or `all`. */
          readonly install: readonly string[];
          readonly why: string;
      }
    /** Changes nothing on the engine. Pulumi's state stores the settings for later steps. */
    | { readonly do: "remember"; readonly why: string };

export interface EmulationPlan {
    /** Why the plan is refused. If set, there are no steps. */
    readonly refusal?: string;
    /** The changed arguments that require a replacement, because the emulation is on another host. */
    readonly replaces?: readonly string[];
    readonly steps: readonly EmulationStep[];
}

/** The values that Pulumi's state has for an emulation. */
export interface PreviousEmulation {
    readonly endpoint: string | undefined;
    readonly later: SavedOnly;
    /** The emulators that the resource registered. */
    readonly added: readonly string[];
    /** The architectures that ran after the last update; `undefined` if architectures were requested by name. */
    readonly ran: readonly string[] | undefined;
}

/** @param known `undefined` for a new emulation. */
export function planEmulation(
    desired: DesiredEmulation,
    observed: ObservedEmulation,
    known: PreviousEmulation | undefined,
): EmulationPlan {
    if (known !== undefined && known.endpoint !== desired.endpoint) return { replaces: ["endpoint"], steps: [] };
    if (observed.leftAt !== undefined)
        return { refusal: whyLeftBehind("the emulation", observed.leftAt, observed.host), steps: [] };
    if (observed.isOther)
        return { steps: [{ do: "remember", why: "it is another engine, whose host is not known yet" }] };
    const { architectures: wanted, image } = desired;
    const { emulators, claims } = observed;
    const isWanted = (emulator: string) =>
        wanted === "all" || wanted.some((architecture) => emulatorOf(architecture) === emulator);

    const ours = addedEmulators(observed, known?.added);
    const dropped = ours.filter((emulator) => !isWanted(emulator));
    const shared = emulators.filter((emulator) => claims.others.includes(emulator) && isWanted(emulator));
    const kept = union(
        ours.filter((emulator) => isWanted(emulator)),
        shared,
    );

    const missing = missingArchitectures(desired, observed, known?.ran);
    const isBroken = (emulator: string) => missing.some((architecture) => emulatorOf(architecture) === emulator);
    const foreign = emulators.filter((emulator) => isBroken(emulator) && !kept.includes(emulator));
    if (foreign.length > 0) return { refusal: whyForeign(foreign, missing, observed, image), steps: [] };

    const isNewImage = known !== undefined && !sameImage(known.later.image, image);
    const renewed = kept.filter((emulator) => isNewImage || isBroken(emulator));
    const uninstall = union(
        dropped.filter((emulator) => !claims.others.includes(emulator)),
        renewed,
    );
    const needs = union(
        missing,
        architectures.filter((each) => renewed.includes(emulatorOf(each))),
    );
    const install = needs.length > 0 && wanted === "all" ? ["all"] : needs;

    return {
        steps: [
            ...planClaim(claims, union(kept, missing.map(emulatorOf))),
            ...planCall(uninstall, install, renewed, isNewImage),
            ...planSavedOnly(desired.later, known?.later),
        ],
    };
}

/** Returns the emulators on the host that the resource registered, according to its claim or to Pulumi's state. */
export const addedEmulators = (
    { emulators, claims }: Pick<ObservedEmulation, "emulators" | "claims">,
    added: readonly string[] = [],
): string[] => emulators.filter((each) => claims.own?.includes(each) || added.includes(each));

/** Returns the architectures that run on the host. */
export const running = ({ supported }: Pick<ObservedEmulation, "supported">): string[] => [
    ...new Set(supported.flatMap((platform) => architectureOf(platform) ?? [])),
];

/**
 * Returns the desired architectures that do not run. With "all", and if some architecture may be missing, returns the
 * architectures that the image could add.
 */
function missingArchitectures(
    { architectures: wanted }: DesiredEmulation,
    observed: ObservedEmulation,
    ran: readonly string[] | undefined,
): readonly string[] {
    const runs = running(observed);
    if (wanted !== "all") return wanted.filter((each) => !runs.includes(each));
    const isComplete = ran?.every((each) => runs.includes(each)) === true;
    const canAdd = (each: string) => !runs.includes(each) && !observed.emulators.includes(emulatorOf(each));
    return isComplete ? [] : architectures.filter(canAdd);
}

function whyForeign(
    foreign: readonly string[],
    missing: readonly string[],
    { host }: ObservedEmulation,
    image: string,
): string {
    const platforms = missing.filter((each) => foreign.includes(emulatorOf(each))).map((each) => `linux/${each}`);
    const names = foreign.join(",");
    return (
        `${names} is registered on the host of ${host} already, by someone else, but programs of ${platforms.join(", ")} ` +
        "do not run with it in containers (an emulator has to be registered with the flag F for that): " +
        `take it away, with docker run --privileged --rm ${image} --uninstall ${names}`
    );
}

function planClaim({ own = [] }: EmulatorOwners, claimed: readonly string[]): EmulationStep[] {
    const key = (of: readonly string[]) => [...of].sort().join();
    return key(own) === key(claimed) ? [] : [{ do: "claim", emulators: claimed, why: "what it registers has changed" }];
}

function planCall(
    uninstall: readonly string[],
    install: readonly string[],
    renewed: readonly string[],
    isNewImage: boolean,
): EmulationStep[] {
    if (uninstall.length === 0 && install.length === 0) return [];
    const why = renewed.length === 0 ? "the platforms differ" : isNewImage ? "image changed" : "an emulator is broken";
    return [{ do: "call", uninstall, install, why }];
}

function planSavedOnly(later: SavedOnly, before: SavedOnly | undefined): EmulationStep[] {
    const differs = (key: keyof SavedOnly) => JSON.stringify(later[key]) !== JSON.stringify(before?.[key]);
    const changed = before === undefined ? [] : (Object.keys(later) as (keyof SavedOnly)[]).filter(differs);
    return changed.length === 0 ? [] : [{ do: "remember", why: `${changed.join(", ")} changed` }];
}

/**
 * Plans the removal of the resource. It removes the emulators that no other resource claims.
 *
 * @param added the emulators that the resource registered.
 * @param others the emulators that other resources claim, read after this resource's claim was removed. If two
 *   resources are removed at the same time, they then leave no emulator behind.
 */
export function planEmulationRemoval(added: readonly string[], others: readonly string[]): EmulationPlan {
    const uninstall = added.filter((each) => !others.includes(each));
    if (uninstall.length === 0) return { steps: [] };
    return { steps: [{ do: "call", uninstall, install: [], why: "the emulation is removed" }] };
}

export const union = <T>(...lists: readonly (readonly T[])[]): T[] => [...new Set(lists.flat())];
