/** Decides what happens to a state. Pure, like the builder's plan. */
import { isDeepStrictEqual } from "node:util";
import { type RestoreSource, formatSource } from "../../transfer/location";
import { whyLeftBehind } from "../../docker/engine/leftBehind";
import { ownerLabels } from "../../ownership";
import { tmpfsForgets } from "../../docker/engine/volume";
import { type DesiredState, defaultDriver } from "./desired";
import type { ObservedState } from "./observe";

export type StateStep =
    | {
          readonly do: "createVolume";
          readonly volume: string;
          readonly driver: string;
          readonly driverOpts: Record<string, string>;
          readonly labels: Record<string, string>;
          readonly why: string;
      }
    | {
          readonly do: "restore";
          readonly volume: string;
          readonly from: RestoreSource;
          readonly image: string;
          readonly mark: string;
          readonly why: string;
      }
    | { readonly do: "removeVolume"; readonly volume: string; readonly why: string }
    /** Keeps the volume, because it existed before the resource. */
    | { readonly do: "leaveVolume"; readonly volume: string; readonly why: string };

export interface StatePlan {
    /** Why the plan is refused. If set, there are no steps. */
    readonly refusal?: string;
    /** The changed arguments that require another volume. */
    readonly replaces?: readonly string[];
    readonly steps: readonly StateStep[];
}

/**
 * @param known the state as the program declared it before; `undefined` for a new state.
 */
export function planState(desired: DesiredState, observed: ObservedState, known: DesiredState | undefined): StatePlan {
    const replaces = known === undefined ? [] : changedVolume(known, desired);
    if (replaces.length > 0) return { replaces, steps: [] };
    const { volume, driver, driverOpts } = desired;
    if (observed.leftAt !== undefined) {
        return { refusal: whyLeftBehind(`state volume ${volume}`, observed.leftAt, observed.host), steps: [] };
    }
    if (observed.volume !== undefined) {
        const { driver: found } = observed.volume;
        if (known === undefined && driver !== found && driver !== defaultDriver) {
            const refusal =
                `volume ${volume} is on ${observed.host} already, with the driver ${found} instead of ${driver}: ` +
                `copy what you need of it and remove it, with docker volume rm ${volume}`;
            return { refusal, steps: [] };
        }
        return known === undefined ? planRestore(desired, observed) : { steps: [] };
    }
    const labels = { ...desired.labels, ...ownerLabels(desired.owner) };
    const create = { do: "createVolume", volume, driver, driverOpts, labels, why: "there is none" } as const;
    return { steps: [create, ...planRestore(desired, observed).steps] };
}

/**
 * Plans the restore of a new state, or of a state whose volume was lost. A volume that has content is not restored
 * into, unless `overwrite` is set.
 */
function planRestore(
    { restore, volume: name }: DesiredState,
    { host, volume, isSourceGone }: ObservedState,
): StatePlan {
    if (restore === undefined || isSourceGone) return { steps: [] };
    const { from, image, mark, overwrite } = restore;
    const step = { do: "restore", volume: name, from, image, mark, why: "restoreFrom" } as const;
    if (volume === undefined) return { steps: [step] };
    const { content, running } = volume;
    if (content?.mark === mark) return { steps: [] }; // an interrupted creation restored it
    const what = `${formatSource(from)} is not restored into volume ${name} on ${host}`;
    if (volume.isTmpfs) {
        const refusal = `${what}: ${tmpfsForgets}. Leave restoreFrom out, or remove the volume, with docker volume rm ${name}`;
        return { refusal, steps: [] };
    }
    if (running.length > 0) {
        const refusal =
            `${what}: it is in use by container ${running.join(", ")}. ` +
            `Stop that first, with docker stop ${running.join(" ")}`;
        return { refusal, steps: [] };
    }
    const entries = content?.isHalfMoved ? [] : (content?.entries ?? []);
    if (entries.length > 0 && !overwrite) {
        const refusal =
            `${what}: it has content already (${entries.slice(0, 3).join(", ")}${entries.length > 3 ? ", …" : ""}). ` +
            `Leave restoreFrom out to keep that, set overwrite: true in restoreFrom to lose it, ` +
            `or remove the volume, with docker volume rm ${name}`;
        return { refusal, steps: [] };
    }
    return { steps: [step] };
}

function changedVolume(known: DesiredState, desired: DesiredState): string[] {
    const argument: Partial<Record<keyof DesiredState, string>> = {
        builderName: "builderName",
        node: "node",
        endpoint: "endpoint",
        driver: "volumeDriver",
        driverOpts: "volumeDriverOpts",
        labels: "labels",
    };
    const keys = Object.keys(argument) as (keyof DesiredState)[];
    return keys
        .filter((key) => !isDeepStrictEqual(known[key], desired[key])) // ignores the order of keys
        .map((key) => argument[key] as string);
}

/** @param isOurs whether the volume belongs to the resource that is removed. */
export function planStateRemoval(volume: string, observed: ObservedState, isOurs: boolean): StatePlan {
    if (observed.volume === undefined) return { steps: [] };
    const { users } = observed.volume;
    if (!isOurs) return { steps: [{ do: "leaveVolume", volume, why: "it was there before the resource" }] };
    if (users.length > 0) {
        const refusal =
            `volume ${volume} on ${observed.host} is in use by container ${users.join(", ")}: ` +
            `remove the builder first, with docker buildx rm or docker rm -f ${users.join(" ")}`;
        return { refusal, steps: [] };
    }
    return { steps: [{ do: "removeVolume", volume, why: "the state is removed" }] };
}
