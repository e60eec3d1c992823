/** Decides what happens to a state. Pure, as the builder's plan is. */
import { ownerLabels } from "../docker/ownership";
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
    | { readonly do: "removeVolume"; readonly volume: string; readonly why: string }
    /** The volume was there before the resource, and stays as it is. */
    | { readonly do: "leaveVolume"; readonly volume: string; readonly why: string };

export interface StatePlan {
    /** Why nothing may be done; then there are no steps. */
    readonly refusal?: string;
    /** Arguments that make it another volume. */
    readonly replaces?: readonly string[];
    readonly steps: readonly StateStep[];
}

/**
 * @param known the state's volume as it was asked for before; `undefined` for a new one.
 */
export function planState(desired: DesiredState, observed: ObservedState, known: DesiredState | undefined): StatePlan {
    const replaces = known === undefined ? [] : changedVolume(known, desired);
    if (replaces.length > 0) return { replaces, steps: [] };
    const { volume, driver, driverOpts } = desired;
    if (observed.volume !== undefined) {
        const { driver: found } = observed.volume;
        if (known === undefined && driver !== found && driver !== defaultDriver) {
            const refusal =
                `volume ${volume} is on ${observed.host} already, with the driver ${found} instead of ${driver}: ` +
                `copy what you need of it and remove it, with docker volume rm ${volume}`;
            return { refusal, steps: [] };
        }
        return { steps: [] };
    }
    const labels = { ...desired.labels, ...ownerLabels(desired.owner) };
    return { steps: [{ do: "createVolume", volume, driver, driverOpts, labels, why: "there is none" }] };
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
        .filter((key) => JSON.stringify(known[key]) !== JSON.stringify(desired[key]))
        .map((key) => argument[key] as string);
}

/** @param isOurs whether the resource that is removed made the volume. */
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
