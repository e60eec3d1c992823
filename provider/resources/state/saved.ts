/** What Pulumi saves of a `BuildKitState`. */
import { inspectVolume } from "../../docker/engine/volume";
import type { Endpoint } from "../../docker/endpoint/endpoint";
import type { Owner } from "../../ownership";
import { type PreviousPlace, recordEndpoint } from "../previousEngine";
import { withoutOutputs } from "../saved";
import type { StateArguments } from "./args";
import { type DesiredState, desiredState } from "./desired";
import type { ObservedState } from "./observe";
import { outputs, type StateOutputs } from "./outputs";
import type { PreviousState } from "./plan";

/** A `BuildKitState` in Pulumi's state: its arguments and outputs, and values for later operations. */
export interface SavedState extends Omit<StateArguments, "node">, StateOutputs {
    __owner: Owner;
    /** Whether both its creation and the removal of its volume failed, so that it still has to be restored. */
    __isUnfinished?: boolean;
    /** Whether something else created the volume. The volume then stays when the resource is removed. */
    __foreign?: boolean;
    /** The engine that holds the volume: the name of a docker context, or a host. */
    __engine?: string;
}

/** Where a volume comes from. */
export interface Origin {
    /** Whether the volume existed before the resource. */
    readonly adopted: boolean;
    /** Whether something else created the volume. */
    readonly isForeign: boolean;
}

export function toSaved(
    args: StateArguments,
    desired: DesiredState,
    { volume }: ObservedState,
    { adopted, isForeign }: Origin,
    endpoint: Endpoint,
): SavedState {
    return {
        ...args,
        builderName: desired.builderName,
        node: desired.node,
        volumeName: desired.volume,
        mountpoint: volume?.mountpoint ?? "",
        adopted,
        __owner: desired.owner,
        ...(isForeign && { __foreign: true }),
        __engine: recordEndpoint(endpoint),
    };
}

export const savedArguments = (saved: SavedState): StateArguments => withoutOutputs<StateArguments>(saved, outputs);

export const previousOf = (saved: SavedState): PreviousState => ({
    desired: desiredState(saved, saved.__owner),
    isUnfinished: saved.__isUnfinished === true,
});

export const originOf = ({ adopted, __foreign: isForeign = false }: SavedState): Origin => ({ adopted, isForeign });

/** @param volume the name of the volume. */
export const placeOf = (volume: string, { endpoint, tls, __engine: recorded }: Partial<SavedState>): PreviousPlace => ({
    endpoint,
    tls,
    recorded,
    isThere: async (engine) => (await inspectVolume(engine, volume)) !== undefined,
});

/**
 * Returns a volume as it is in Pulumi's state. The state does not record its users and its content.
 *
 * @returns `undefined` if the volume was not created yet.
 */
export const volumeInState = ({ mountpoint, __owner: owner }: SavedState, { driver }: DesiredState) =>
    mountpoint === "" ? undefined : { owner, driver, isTmpfs: false, mountpoint, users: [], running: [] };
