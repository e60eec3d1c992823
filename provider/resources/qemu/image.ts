/** Runs the image that registers emulators (the README of tonistiigi/binfmt). */
import { type Engine, remapsUsers, traitsOf } from "../../docker/engine/engine";
import { inspectImage } from "../../docker/engine/image";
import { ownerLabels } from "../../ownership";
import { pullOrKeep } from "../../docker/engine/pull";
import { runContainer } from "../../docker/engine/runContainer";
import type { Waiting } from "../../waiting";
import type { DesiredEmulation } from "./desired";

/** How long a run of the image may take, in seconds. It usually takes less than one second. */
const timeout = 60;

/** The image's report about the engine's host. */
export interface Report {
    /** The platforms whose programs the host can run, by itself or with an emulator. */
    readonly supported: readonly string[];
    /** The names of all registered emulators. */
    readonly emulators: readonly string[];
    /** The log of the run, with a line for each emulator that it registers or removes. */
    readonly output: string;
}

export interface Change {
    /** The names of the emulators to remove first. */
    readonly uninstall?: readonly string[];
    /** The architectures to register after that, or `all`: every one that the image has and the host cannot run. */
    readonly install?: readonly string[];
}

/** Pulls the image if needed. */
export async function obtainImage(
    engine: Engine,
    { image, savedOnly: { pull } }: DesiredEmulation,
    waiting: Waiting,
): Promise<void> {
    const isThere = (await inspectImage(engine, image)) !== undefined;
    if (isThere && pull === "missing") return;
    await pullOrKeep(engine, { image, mayFail: isThere }, waiting);
}

/**
 * Runs the image. Without a change, it only reports.
 *
 * @param signal ends its container.
 * @throws {Error} with the last lines that the image printed, if they are not a report.
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
    if (report !== undefined) return { ...report, output: stderr.trim() };
    const printed = `${stderr}\n${stdout}`.trim() || "nothing";
    throw new Error(
        `emulators on the host of ${engine.endpoint.host} cannot be listed: image ${image} did not report them ` +
            `(exit code ${exitCode}). It printed:\n` +
            printed.split("\n").slice(-shownLines).join("\n").replace(/^/gm, "  "),
    );
}

const shownLines = 15;

/**
 * Parses the report of the image. The exit code does not report failures: it is 0 even if the image failed. Empty lists
 * are `null` in the report.
 */
function parseReport(text: string): Omit<Report, "output"> | undefined {
    try {
        const { supported, emulators } = JSON.parse(text) as Record<"supported" | "emulators", string[] | null>;
        return supported === undefined ? undefined : { supported: supported ?? [], emulators: emulators ?? [] };
    } catch {
        return undefined;
    }
}
