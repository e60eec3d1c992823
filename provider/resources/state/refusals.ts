/** Why a state must not be changed: one function for each reason. */
import { whyLeftBehind } from "../../docker/engine/leftBehind";
import { tmpfsForgets } from "../../docker/engine/volume";
import { formatSource } from "../../transfer/location";
import { firstReason } from "../plan";
import { defaultDriver, type DesiredState } from "./desired";
import type { ObservedState, ObservedVolume } from "./observe";

/** @param isNew whether the state does not exist yet, or its creation is unfinished. */
type Refusal = (desired: DesiredState, observed: ObservedState, isNew: boolean) => string | undefined;

const isOnAnotherEngine: Refusal = ({ volume }, { leftAt, host }) =>
    leftAt === undefined ? undefined : whyLeftBehind(`state volume ${volume}`, leftAt, host);

const hasOtherDriver: Refusal = ({ volume: name, driver }, { host, volume }, isNew) => {
    if (!isNew || volume === undefined || driver === volume.driver || driver === defaultDriver) return undefined;
    return (
        `volume ${name} cannot be created on ${host}: it already exists there, with the driver ${volume.driver} ` +
        `instead of ${driver}. Copy what you need from it, then remove it with: docker volume rm ${name}`
    );
};

/** Whether a new state is restored into an existing volume. If the volume has the mark, it was restored before. */
export const needsRestore = ({ restore }: DesiredState, { content }: ObservedVolume): boolean =>
    restore !== undefined && content?.mark !== restore.mark;

/** Returns a refusal that applies if a reason applies to the existing volume that a new state is restored into. */
const ofRestore =
    (why: (volume: ObservedVolume, desired: DesiredState) => string | undefined): Refusal =>
    (desired, { host, volume }, isNew) => {
        if (!isNew || volume === undefined || desired.restore === undefined) return undefined;
        const reason = needsRestore(desired, volume) ? why(volume, desired) : undefined;
        if (reason === undefined) return undefined;
        return `${formatSource(desired.restore.from)} cannot be restored into volume ${desired.volume} on ${host}: ${reason}`;
    };

const volumeIsTmpfs = ofRestore(({ isTmpfs }, { volume: name }) => {
    if (!isTmpfs) return undefined;
    return `${tmpfsForgets}. Remove restoreFrom, or remove the volume with: docker volume rm ${name}`;
});

const volumeIsInUse = ofRestore(({ running }) => {
    if (running.length === 0) return undefined;
    return `the volume is in use by container ${running.join(", ")}. Stop it first with: docker stop ${running.join(" ")}`;
});

const volumeHasContent = ofRestore(({ content }, { volume: name, restore }) => {
    const entries = content?.isHalfMoved ? [] : (content?.entries ?? []);
    if (entries.length === 0 || restore?.overwrite) return undefined;
    const shown = `${entries.slice(0, 3).join(", ")}${entries.length > 3 ? ", …" : ""}`;
    return (
        `the volume already has content (${shown}). Remove restoreFrom to keep the content, ` +
        "set overwrite: true in restoreFrom to replace it, " +
        `or remove the volume with: docker volume rm ${name}`
    );
});

const refusals: readonly Refusal[] = [
    isOnAnotherEngine,
    hasOtherDriver,
    volumeIsTmpfs,
    volumeIsInUse,
    volumeHasContent,
];

/** Returns the first reason that applies. */
export const whyRefused: Refusal = (...facts) => firstReason(refusals, ...facts);

/** Returns why the volume of a state must not be removed. */
export function whyNotRemoved(name: string, { host, volume }: ObservedState): string | undefined {
    if (volume === undefined || volume.users.length === 0) return undefined;
    const { users } = volume;
    return (
        `volume ${name} cannot be removed from ${host}: it is in use by container ${users.join(", ")}. ` +
        `Remove the builder first with docker buildx rm, or remove the container with: docker rm -f ${users.join(" ")}`
    );
}
