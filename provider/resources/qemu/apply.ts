import type { Engine } from "../../docker/engine/engine";
import type { Waiting } from "../../waiting";
import { architectureOf } from "./architectures";
import { readOwners, writeOwner } from "./emulatorOwners";
import type { DesiredEmulation } from "./desired";
import { callImage, type Report } from "./image";
import { type ObservedEmulation, observeEmulation } from "./observe";
import { type EmulationPlan, type PreviousEmulation, planEmulation, running } from "./plan";

/**
 * Runs the steps of a plan.
 *
 * @returns the last report of the image, or `undefined` if the plan does not call it.
 * @throws {Error} if the plan is refused, or if an emulator cannot be removed.
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
        if (step.do === "claim") await writeOwner(engine, desired.name, desired.owner, step.emulators);
        if (step.do !== "call") continue;
        const { uninstall, install } = step;
        report(
            `emulators: ${[...uninstall.map((each) => `-${each}`), ...install.map((each) => `+${each}`)].join(" ")}`,
        );
        const called = await callImage(engine, desired, { uninstall, install }, signal);
        const left = uninstall.filter((each) => install.length === 0 && called.emulators.includes(each));
        if (left.length > 0)
            throw new Error(`${left.join(", ")} cannot be taken away${printed(desired, engine, called)}`);
        reported = called;
    }
    return reported;
}

/**
 * Applies the desired emulation to the host, and checks that the emulators stay registered.
 *
 * @returns the emulation as it is afterwards.
 * @throws {Error} if emulators are lost after the registration, or if a desired platform does not run.
 */
export async function applySteps(
    engine: Engine,
    desired: DesiredEmulation,
    observed: ObservedEmulation,
    known: PreviousEmulation | undefined,
    waiting: Waiting,
): Promise<ObservedEmulation> {
    const claimed = await claim(engine, desired, observed, known, waiting);
    // Plan with the claims of other resources as they are after this claim was written. If two resources release an
    // emulator at the same time, one of them then sees that no other resource claims it.
    const reported = await applyEmulation(planEmulation(desired, claimed, known), desired, engine, waiting);
    if (reported === undefined) return claimed;
    // Query again: the emulators may be lost with the container that registered them.
    const after = await observeEmulation(engine, desired, waiting.signal);
    const isGone = (each: string) => reported.emulators.includes(each) && !after.emulators.includes(each);
    const gone = (claimed.claims.own ?? []).filter(isGone);
    if (gone.length > 0) throw new Error(whyGone(gone, after));
    const failed = failedArchitectures(desired, after, reported);
    if (failed.length > 0) {
        const platforms = failed.map((each) => `linux/${each}`).join(", ");
        throw new Error(`${platforms} cannot be emulated${printed(desired, engine, reported)}`);
    }
    // Claim the emulators that are registered now. With "all", these are only the emulators that the image has.
    const settled = { endpoint: desired.endpoint, later: desired.later, added: [], ran: running(after) };
    return claim(engine, desired, after, settled, waiting);
}

/** Writes the claim of a plan, and reads all claims after that. */
async function claim(
    engine: Engine,
    desired: DesiredEmulation,
    observed: ObservedEmulation,
    known: PreviousEmulation | undefined,
    waiting: Waiting,
): Promise<ObservedEmulation> {
    const { refusal, steps } = planEmulation(desired, observed, known);
    const claims = steps.filter((step) => step.do === "claim");
    if (refusal !== undefined || claims.length === 0) return observed;
    await applyEmulation({ steps: claims }, desired, engine, waiting);
    return { ...observed, claims: await readOwners(engine, desired.owner) };
}

/** Returns what the image printed, for an error message. Its exit code does not report failures. */
const printed = ({ image }: DesiredEmulation, { endpoint }: Engine, { said }: Report) =>
    ` on the host of ${endpoint.host} with image ${image}. It printed:\n${(said || "nothing").replace(/^/gm, "  ")}`;

/** Returns the desired architectures that do not run. With "all", only if the image failed to install them. */
function failedArchitectures(
    { architectures: wanted }: DesiredEmulation,
    after: ObservedEmulation,
    { said }: Report,
): string[] {
    const runs = running(after);
    const tried = [...said.matchAll(/^installing: (\S+) (?!OK$)/gm)].flatMap(
        ([, each]) => architectureOf(each ?? "") ?? [],
    );
    return (wanted === "all" ? tried : wanted).filter((each) => !runs.includes(each));
}

/** Since Linux 6.7, the kernel drops all emulators when the last mount of their file system is removed. */
const whyGone = (gone: readonly string[], { host }: ObservedEmulation) =>
    `${gone.join(", ")} could be registered on the host of ${host}, but went with the container that did it, since ` +
    "binfmt_misc is not mounted on the host. Mount it there, with mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc " +
    "(on systemd: systemctl start proc-sys-fs-binfmt_misc.mount)";
