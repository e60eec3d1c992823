/** What Pulumi saves of a `QemuEmulation`. */
import { type Engine, traitsOf } from "../../docker/engine/engine";
import type { Owner } from "../../ownership";
import { type PreviousPlace, recordEndpoint } from "../previousEngine";
import { withoutOutputs } from "../saved";
import { architecturesOf } from "./architectures";
import type { EmulationArguments } from "./args";
import { addedEmulators } from "./compare";
import { type DesiredEmulation, desiredEmulation } from "./desired";
import { readOwners } from "./emulatorOwners";
import type { ObservedEmulation } from "./observe";
import { type EmulationOutputs, outputs } from "./outputs";
import type { PreviousEmulation } from "./plan";

/** A `QemuEmulation` in Pulumi's state: its arguments and outputs, and values for later operations. */
export interface SavedEmulation extends EmulationArguments, EmulationOutputs {
    __owner: Owner;
    /** The emulators that the resource owns according to the engine. */
    __claimed: string[];
    /** The architectures that ran after the last update. Set only if all architectures were requested. */
    __ran?: string[];
    /** The engine on whose host it is: the name of a docker context, or a host. */
    __engine?: string;
    /** The ID of that engine, to detect the engine of another machine. */
    __engineId?: string;
}

export async function toSaved(
    args: EmulationArguments,
    desired: DesiredEmulation,
    observed: ObservedEmulation,
    engine: Engine,
): Promise<SavedEmulation> {
    const { ID: id } = await traitsOf(engine);
    return {
        ...args,
        ...foundValues(observed),
        __owner: desired.owner,
        ...(desired.architectures === "all" && { __ran: architecturesOf(observed.supported) }),
        __engine: recordEndpoint(engine.endpoint),
        ...(id !== undefined && { __engineId: id }),
    };
}

/**
 * Returns the saved values that are found on the engine and its host.
 *
 * @param added the emulators that the resource registered, according to Pulumi's state.
 */
export const foundValues = (observed: ObservedEmulation, added?: readonly string[]) => ({
    supported: [...observed.supported],
    emulators: [...observed.emulators],
    added: addedEmulators(observed, added),
    __claimed: [...(observed.owners.own ?? [])],
});

export const savedArguments = (saved: SavedEmulation): EmulationArguments =>
    withoutOutputs<EmulationArguments>(saved, outputs);

export const savedDesired = (saved: SavedEmulation): DesiredEmulation => desiredEmulation(saved, saved.__owner);

/** @param isOther whether the engine is not the recorded one. The resource registered no emulators there. */
export const previousOf = (saved: SavedEmulation, { isOther = false } = {}): PreviousEmulation => ({
    desired: savedDesired(saved),
    added: isOther ? [] : saved.added,
    ran: saved.__ran,
});

export const placeOf = ({ endpoint, tls, __engine: recorded, __owner: owner }: SavedEmulation): PreviousPlace => ({
    endpoint,
    tls,
    recorded,
    isThere: async (engine) => (await readOwners(engine, owner)).own !== undefined,
});

/** Returns whether the emulators were registered on another engine than this one. */
export async function isOtherEngine({ __engineId: id }: SavedEmulation, engine: Engine): Promise<boolean> {
    return id !== undefined && (await traitsOf(engine)).ID !== id;
}

/** Returns the host as Pulumi's state describes it. */
export const hostInState = ({ supported, emulators, __claimed: own }: SavedEmulation) => ({
    supported,
    emulators,
    owners: { own, others: [] },
});
