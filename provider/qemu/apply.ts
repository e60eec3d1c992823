import type { Engine } from "../docker/engine";
import type { Waiting } from "../waiting";
import { architectureOf } from "./architectures";
import { readClaims, writeClaim } from "./claims";
import type { DesiredEmulation } from "./desired";
import { callImage, type Report } from "./image";
import { type ObservedEmulation, observeEmulation } from "./observe";
import { type EmulationPlan, type KnownEmulation, planEmulation, running } from "./plan";

/** Runs a plan's steps. Gives what the image reported, where it was called. */
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
        if (step.do === "claim") await writeClaim(engine, desired.name, desired.owner, step.emulators);
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
 * Brings the host to what is desired, and looks whether it is there to stay.
 *
 * @returns what there is then.
 */
export async function bringAbout(
    engine: Engine,
    desired: DesiredEmulation,
    observed: ObservedEmulation,
    known: KnownEmulation | undefined,
    waiting: Waiting,
): Promise<ObservedEmulation> {
    const claimed = await claim(engine, desired, observed, known, waiting);
    // Planned with what the others claim once they see this claim, so that of two that let go of an emulator one sees it.
    const reported = await applyEmulation(planEmulation(desired, claimed, known), desired, engine, waiting);
    if (reported === undefined) return claimed;
    // Asked again: the container that registered them may have taken them with it.
    const after = await observeEmulation(engine, desired, waiting.signal);
    const isGone = (each: string) => reported.emulators.includes(each) && !after.emulators.includes(each);
    const gone = (claimed.claims.own ?? []).filter(isGone);
    if (gone.length > 0) throw new Error(whyGone(gone, after));
    const failed = failedArchitectures(desired, after, reported);
    if (failed.length > 0) {
        const platforms = failed.map((each) => `linux/${each}`).join(", ");
        throw new Error(`${platforms} cannot be emulated${printed(desired, engine, reported)}`);
    }
    // What is registered by now is known, and so claimed: of "all" only those that the image has.
    const settled = { endpoint: desired.endpoint, later: desired.later, added: [], ran: running(after) };
    return claim(engine, desired, after, settled, waiting);
}

/** Writes a plan's claim, and looks at what is claimed then. */
async function claim(
    engine: Engine,
    desired: DesiredEmulation,
    observed: ObservedEmulation,
    known: KnownEmulation | undefined,
    waiting: Waiting,
): Promise<ObservedEmulation> {
    const { refusal, steps } = planEmulation(desired, observed, known);
    const claims = steps.filter((step) => step.do === "claim");
    if (refusal !== undefined || claims.length === 0) return observed;
    await applyEmulation({ steps: claims }, desired, engine, waiting);
    return { ...observed, claims: await readClaims(engine, desired.owner) };
}

/** The last lines of what the image printed go with a failure, which its exit code does not tell. */
const printed = ({ image }: DesiredEmulation, { endpoint }: Engine, { said }: Report) =>
    ` on the host of ${endpoint.host} with image ${image}. It printed:\n${(said || "nothing").replace(/^/gm, "  ")}`;

/** Those that are asked for and do not run; of all, those that the image tried and failed at. */
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

/** From Linux 6.7 on the kernel forgets emulators with the last mount of their file system. */
const whyGone = (gone: readonly string[], { host }: ObservedEmulation) =>
    `${gone.join(", ")} could be registered on the host of ${host}, but went with the container that did it, since ` +
    "binfmt_misc is not mounted on the host. Mount it there, with mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc " +
    "(on systemd: systemctl start proc-sys-fs-binfmt_misc.mount)";
