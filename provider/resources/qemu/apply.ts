import type { Engine } from "../../docker/engine/engine";
import type { Waiting } from "../../waiting";
import { architectureOf, architecturesOf } from "./architectures";
import { readOwners, writeOwner } from "./emulatorOwners";
import type { DesiredEmulation } from "./desired";
import { callImage, type Change, type Report } from "./image";
import { type ObservedEmulation, observeEmulation } from "./observe";
import { type EmulationPlan, type PreviousEmulation, planEmulation } from "./plan";

/**
 * Runs the steps of a plan.
 *
 * @returns the last report of the image, or `undefined` if the plan does not call it.
 * @throws {Error} if the plan is refused, or if an emulator cannot be unregistered.
 */
export async function applyEmulation(
    { refusal, steps }: EmulationPlan,
    desired: DesiredEmulation,
    engine: Engine,
    { report, signal }: Waiting,
): Promise<Report | undefined> {
    if (refusal !== undefined) throw new Error(refusal);
    let reported: Report | undefined;
    for (const step of steps) {
        signal.throwIfAborted();
        switch (step.do) {
            case "writeOwner":
                await writeOwner(engine, desired.name, desired.owner, step.emulators);
                break;
            case "callImage":
                report(`emulators: ${formatChange(step)}`);
                reported = await callAndCheck(engine, desired, step, signal);
                break;
            case "saveSettings": // the lifecycle saves them
        }
    }
    return reported;
}

const formatChange = ({ uninstall, install }: Required<Change>): string =>
    [...uninstall.map((each) => `-${each}`), ...install.map((each) => `+${each}`)].join(" ");

/** @throws {Error} if an emulator cannot be unregistered. An emulator may stay if it is registered again. */
async function callAndCheck(
    engine: Engine,
    desired: DesiredEmulation,
    { uninstall, install }: Required<Change>,
    signal: AbortSignal,
): Promise<Report> {
    const called = await callImage(engine, desired, { uninstall, install }, signal);
    const left = uninstall.filter((each) => install.length === 0 && called.emulators.includes(each));
    if (left.length === 0) return called;
    throw new Error(`${left.join(", ")} cannot be unregistered${printed(desired, engine, called)}`);
}

/**
 * Changes the emulation of a host, and checks that the emulators stay registered.
 *
 * @param observed the emulation before the change.
 * @returns the emulation after the change.
 * @throws {Error} if the plan is refused, if emulators are lost after the registration, or if a desired platform does
 *   not run.
 */
export async function changeEmulation(
    desired: DesiredEmulation,
    observed: ObservedEmulation,
    previous: PreviousEmulation | undefined,
    engine: Engine,
    waiting: Waiting,
): Promise<ObservedEmulation> {
    const recorded = await recordOwner(desired, observed, previous, engine, waiting);
    // Plan again with the owners as they are after this resource was recorded. If two resources release an emulator at
    // the same time, one of them then sees that no other resource owns it.
    const reported = await applyEmulation(planEmulation(desired, recorded, previous), desired, engine, waiting);
    if (reported === undefined) return recorded;
    // Query again: the emulators may be lost with the container that registered them.
    const after = await observeEmulation(desired, engine, waiting.signal);
    const isLost = (each: string) => reported.emulators.includes(each) && !after.emulators.includes(each);
    const lost = (recorded.owners.own ?? []).filter(isLost);
    if (lost.length > 0) throw new Error(whyLost(lost, after));
    const failed = failedArchitectures(desired, after, reported);
    if (failed.length > 0) {
        const platforms = failed.map((each) => `linux/${each}`).join(", ");
        throw new Error(`${platforms} cannot be emulated${printed(desired, engine, reported)}`);
    }
    // Record the emulators that are registered now. With "all", these are only the emulators that the image has.
    const settled = { desired, added: [], ran: architecturesOf(after.supported) };
    return recordOwner(desired, after, settled, engine, waiting);
}

/** Records the emulators that the resource owns, according to the plan, and reads all owners after that. */
async function recordOwner(
    desired: DesiredEmulation,
    observed: ObservedEmulation,
    previous: PreviousEmulation | undefined,
    engine: Engine,
    waiting: Waiting,
): Promise<ObservedEmulation> {
    const { refusal, steps } = planEmulation(desired, observed, previous);
    const records = steps.filter((step) => step.do === "writeOwner");
    if (refusal !== undefined || records.length === 0) return observed;
    await applyEmulation({ steps: records }, desired, engine, waiting);
    return { ...observed, owners: await readOwners(engine, desired.owner) };
}

/** Returns what the image printed, for an error message. Its exit code does not report failures. */
const printed = ({ image }: DesiredEmulation, { endpoint }: Engine, { output }: Report) =>
    ` on the host of ${endpoint.host} with image ${image}. It printed:\n${(output || "nothing").replace(/^/gm, "  ")}`;

/** Returns the desired architectures that do not run. With "all", only if the image failed to install them. */
function failedArchitectures(
    { architectures: wanted }: DesiredEmulation,
    { supported }: ObservedEmulation,
    { output }: Report,
): string[] {
    const runs = architecturesOf(supported);
    const tried = [...output.matchAll(/^installing: (\S+) (?!OK$)/gm)].flatMap(
        ([, each]) => architectureOf(each ?? "") ?? [],
    );
    return (wanted === "all" ? tried : wanted).filter((each) => !runs.includes(each));
}

/** Since Linux 6.7, the kernel drops all emulators when the last mount of their file system is removed. */
const whyLost = (lost: readonly string[], { host }: ObservedEmulation) =>
    `${lost.join(", ")} cannot stay registered on the host of ${host}: binfmt_misc is not mounted on the host, so the ` +
    "registration was lost when the container that registered it ended. " +
    "Mount it on the host with: mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc " +
    "(with systemd: systemctl start proc-sys-fs-binfmt_misc.mount)";
