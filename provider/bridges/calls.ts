/** What each bridge does around the call of a lifecycle. */
import { untilAborted } from "../waiting";
import type { RegisterUses } from "./exclusiveUses";
import type { Call, Change, CheckedArguments, Lifecycle } from "./lifecycle";
import { withLocks } from "./locks";

/**
 * Milliseconds that a call may take to end after Pulumi is cancelled. Each call ends sooner and saves the actual state,
 * unless an engine or a registry does not respond.
 */
const grace = 3_500;

/** Returns the error with which all calls end after Pulumi is cancelled. */
export const cancelledError = (): Error =>
    new Error("stopped because Pulumi was cancelled. Run the same command again to complete it");

/** Starts work unless Pulumi was cancelled, and waits for its end. */
export async function untilCancelled<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    return untilAborted(work(), signal, grace);
}

/** Runs work when no other call works on the same volumes. */
export async function runAlone<Args, Saved, Result>(
    lifecycle: Lifecycle<Args, Saved>,
    call: Call,
    of: readonly (Args | Saved)[],
    work: () => Promise<Result>,
): Promise<Result> {
    const volumes = await Promise.all(of.map(async (each) => (await lifecycle.volumesOf?.(each)) ?? []));
    const all = [...new Set(volumes.flat())];
    const onWait = () => call.report(`waiting for another resource that works on ${all.join(", ")}`);
    return withLocks(all, onWait, work, call.signal);
}

/** Checks arguments, and that no other resource of the deployment uses what only one resource can use. */
export async function checkAlone<Args, Saved>(
    lifecycle: Lifecycle<Args, Saved>,
    call: Call,
    previous: Args | undefined,
    args: Args,
    registerUses: RegisterUses,
): Promise<CheckedArguments<Args>> {
    const checked = await lifecycle.check(call, previous, args);
    const isValid = checked.failures.length === 0;
    const uses = isValid ? await lifecycle.exclusiveUses?.(call, checked.args) : undefined;
    return { ...checked, failures: [...checked.failures, ...registerUses(call, uses ?? [])] };
}

/** Shows the reasons of changes as the status of the resource. */
export function reportChanges({ report }: Call, changes: readonly Change[]): void {
    if (changes.length > 0) report([...new Set(changes.map(({ why }) => why))].join("; "));
}

/** Returns a function that shows a status text, and a function that removes the text if one is shown. */
export function clearableStatus(show: (text: string) => void): { report: (text: string) => void; clear: () => void } {
    let isShown = false;
    const report = (text: string) => {
        isShown = text !== "";
        show(text);
    };
    return { report, clear: () => isShown && report("") };
}

/**
 * Whether the user allows removing a resource from Pulumi's state if its engine is unreachable.
 *
 * @param setting the configuration. @default the environment variable `PULUMI_BUILDX_DELETE_UNREACHABLE`
 */
export function allowsDeletion(setting: unknown = process.env.PULUMI_BUILDX_DELETE_UNREACHABLE): boolean {
    return setting === true || (typeof setting === "string" && ["1", "t", "true"].includes(setting.toLowerCase()));
}
