/** Calls the image that registers emulators (tonistiigi/binfmt, README). */
import { type Engine, remapsUsers, traitsOf } from "../docker/engine";
import { inspectImage } from "../docker/image";
import { ownerLabels } from "../docker/ownership";
import { pullOrKeep } from "../docker/pull";
import { runContainer } from "../docker/runContainer";
import type { Waiting } from "../waiting";
import type { DesiredEmulation } from "./desired";

/** Until the image has to be done, in seconds. It takes less than one. */
const timeout = 60;

/** What the image says of the engine's host. */
export interface Report {
    /** Platforms whose programs the host runs, by itself or with an emulator. */
    readonly supported: readonly string[];
    /** The names of all that is registered. */
    readonly emulators: readonly string[];
    /** What it told beside that, a line for each emulator that it was to register or to take away. */
    readonly said: string;
}

export interface Change {
    /** Emulators that are taken away first, by name. */
    readonly uninstall?: readonly string[];
    /** Architectures whose emulators are registered then, or `all` that the image has and the host cannot run. */
    readonly install?: readonly string[];
}

/** Makes the image be there on the engine. */
export async function obtainImage(
    engine: Engine,
    { image, later: { pull } }: DesiredEmulation,
    waiting: Waiting,
): Promise<void> {
    const isThere = (await inspectImage(engine, image)) !== undefined;
    if (isThere && pull === "missing") return;
    await pullOrKeep(engine, { image, mayFail: isThere }, waiting);
}

/**
 * Runs the image; without a change it only reports.
 *
 * @param signal ends its container.
 * @throws with what it printed, where that is no report.
 */
export async function callImage(
    engine: Engine,
    { image, name, owner }: DesiredEmulation,
    { uninstall = [], install = [] }: Change,
    signal: AbortSignal,
): Promise<Report> {
    const traits = await traitsOf(engine);
    const options = {
        name,
        Image: image,
        Cmd: [
            ...(uninstall.length > 0 ? ["--uninstall", uninstall.join(",")] : []),
            ...(install.length > 0 ? ["--install", install.join(",")] : []),
        ],
        Labels: ownerLabels(owner),
        HostConfig: {
            Privileged: true,
            NetworkMode: "none",
            ...(remapsUsers(traits) && { UsernsMode: "host" }),
        },
    };
    const { stdout, stderr, exitCode } = await runContainer(engine, options, owner, timeout, signal);
    const report = parseReport(stdout);
    if (report !== undefined) return { ...report, said: stderr.trim() };
    const printed = `${stderr}\n${stdout}`.trim() || "nothing";
    throw new Error(
        `image ${image} gave no report of the emulators on ${engine.endpoint.host} (exit code ${exitCode}). It printed:\n` +
            printed.split("\n").slice(-shownLines).join("\n").replace(/^/gm, "  "),
    );
}

const shownLines = 15;

/** The image's exit code tells nothing: it is 0 also where it failed. Lists with nothing in them are `null`. */
function parseReport(text: string): Omit<Report, "said"> | undefined {
    try {
        const { supported, emulators } = JSON.parse(text) as Record<"supported" | "emulators", string[] | null>;
        return supported === undefined ? undefined : { supported: supported ?? [], emulators: emulators ?? [] };
    } catch {
        return undefined;
    }
}
