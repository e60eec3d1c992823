/** Decides what happens to a state. Pure, like the builder's plan. */
import type { Cause } from "../../bridges/lifecycle";
import type { RestoreSource } from "../../transfer/location";
import { ownerLabels } from "../../ownership";
import { changed, changedArguments, type Plan } from "../plan";
import type { DesiredState } from "./desired";
import type { ObservedState } from "./observe";
import { needsRestore, whyNotRemoved, whyRefused } from "./refusals";

export type StateStep = Cause & { readonly volume: string } & (
        | {
              readonly do: "createVolume";
              readonly driver: string;
              readonly driverOpts: Record<string, string>;
              readonly labels: Record<string, string>;
          }
        | {
              readonly do: "restore";
              readonly from: RestoreSource;
              readonly image: string;
              readonly mark: string;
          }
        | { readonly do: "removeVolume" }
        /** Keeps the volume, because it existed before the resource. */
        | { readonly do: "leaveVolume" }
        /** Changes nothing on the engine. Pulumi's state stores the settings for later steps. */
        | { readonly do: "saveSettings" }
    );

export type StatePlan = Plan<StateStep>;

/** A state as it was at the previous update. */
export interface PreviousState {
    readonly desired: DesiredState;
    /** Whether its creation failed, so that it still has to be restored. */
    readonly isUnfinished: boolean;
}

/** By key of the desired state, the argument whose change requires another volume. */
const argumentNames = {
    builderName: "builderName",
    node: "node",
    endpoint: "endpoint",
    driver: "volumeDriver",
    driverOpts: "volumeDriverOpts",
    labels: "labels",
} as const satisfies Partial<Record<keyof DesiredState, string>>;

/** @param previous `undefined` for a new state. */
export function planState(
    desired: DesiredState,
    observed: ObservedState,
    previous: PreviousState | undefined,
): StatePlan {
    const replaces = previous === undefined ? [] : changedArguments(argumentNames, previous.desired, desired);
    if (replaces.length > 0) return { replaces, steps: [] };
    const isNew = previous === undefined || previous.isUnfinished;
    const refusal = whyRefused(desired, observed, isNew);
    if (refusal !== undefined) return { refusal, steps: [] };
    const { volume, driver, driverOpts, owner } = desired;
    if (observed.volume !== undefined) {
        const restores = isNew && needsRestore(desired, observed.volume) ? planRestore(desired, isNew) : [];
        return { steps: [...restores, ...planSavedOnly(desired, previous)] };
    }
    const labels = { ...desired.labels, ...ownerLabels(owner) };
    return {
        steps: [
            {
                do: "createVolume",
                volume,
                driver,
                driverOpts,
                labels,
                ...(isNew
                    ? { why: "the volume does not exist yet" }
                    : { why: `volume ${volume} is missing`, isDrift: true }),
            },
            ...(observed.isSourceGone ? [] : planRestore(desired, isNew)),
        ],
    };
}

/** The TLS files are only for the connection. The volume does not depend on them. */
function planSavedOnly(desired: DesiredState, previous: PreviousState | undefined): StateStep[] {
    const properties = previous === undefined ? [] : changedArguments({ tls: "tls" }, previous.desired, desired);
    return properties.length === 0 ? [] : [{ do: "saveSettings", volume: desired.volume, ...changed(properties) }];
}

function planRestore({ restore, volume }: DesiredState, isNew: boolean): StateStep[] {
    if (restore === undefined) return [];
    const { from, image, mark } = restore;
    const cause = { why: "restoreFrom is set", properties: ["restoreFrom"], ...(!isNew && { isDrift: true }) };
    return [{ do: "restore", volume, from, image, mark, ...cause }];
}

/** @param isOwn whether the volume belongs to the resource that is removed. */
export function planStateRemoval(volume: string, observed: ObservedState, isOwn: boolean): StatePlan {
    if (observed.volume === undefined) return { steps: [] };
    if (!isOwn) return { steps: [{ do: "leaveVolume", volume, why: "it existed before the resource" }] };
    const refusal = whyNotRemoved(volume, observed);
    if (refusal !== undefined) return { refusal, steps: [] };
    return { steps: [{ do: "removeVolume", volume, why: "the state is removed" }] };
}
