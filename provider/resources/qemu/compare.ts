import { architectures, architecturesOf, emulatorOf } from "./architectures";
import type { DesiredEmulation } from "./desired";
import type { ObservedEmulation } from "./observe";

/** The emulators on a host, compared with the desired emulators. */
export interface Comparison {
    /** The registered and desired emulators that the resource owns, or that it shares with another resource. */
    readonly kept: readonly string[];
    /** The emulators that the resource registered and that are not desired any more. */
    readonly unwanted: readonly string[];
    /** The desired architectures that do not run. */
    readonly missing: readonly string[];
    /** The emulators that are registered, but whose architecture does not run. */
    readonly broken: readonly string[];
}

/**
 * @param added the emulators that the resource registered, according to Pulumi's state.
 * @param ran the architectures that ran after the last update, if all architectures were requested.
 */
export function compareEmulators(
    desired: DesiredEmulation,
    observed: ObservedEmulation,
    { added, ran }: { readonly added?: readonly string[]; readonly ran?: readonly string[] | undefined } = {},
): Comparison {
    const { architectures: wanted } = desired;
    const { emulators, owners } = observed;
    const isWanted = (emulator: string) =>
        wanted === "all" || wanted.some((architecture) => emulatorOf(architecture) === emulator);
    const own = addedEmulators(observed, added);
    const shared = emulators.filter((each) => owners.others.includes(each) && isWanted(each));
    const missing = missingArchitectures(desired, observed, ran);
    return {
        kept: union(own.filter(isWanted), shared),
        unwanted: own.filter((each) => !isWanted(each)),
        missing,
        broken: emulators.filter((each) => missing.some((architecture) => emulatorOf(architecture) === each)),
    };
}

/** Returns the emulators on the host that the resource registered, according to the engine or to Pulumi's state. */
export const addedEmulators = (
    { emulators, owners }: Pick<ObservedEmulation, "emulators" | "owners">,
    added: readonly string[] = [],
): string[] => emulators.filter((each) => owners.own?.includes(each) || added.includes(each));

/**
 * Returns the desired architectures that do not run. With "all", and if some architecture may be missing, returns the
 * architectures that the image could add.
 */
function missingArchitectures(
    { architectures: wanted }: DesiredEmulation,
    { supported, emulators }: ObservedEmulation,
    ran: readonly string[] | undefined,
): readonly string[] {
    const runs = architecturesOf(supported);
    if (wanted !== "all") return wanted.filter((each) => !runs.includes(each));
    const isComplete = ran?.every((each) => runs.includes(each)) === true;
    const canAdd = (each: string) => !runs.includes(each) && !emulators.includes(emulatorOf(each));
    return isComplete ? [] : architectures.filter(canAdd);
}

export const union = <T>(...lists: readonly (readonly T[])[]): T[] => [...new Set(lists.flat())];
