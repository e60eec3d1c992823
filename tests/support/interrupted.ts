import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Project } from "./project";

export interface Interrupted {
    /** The time from the signal to the end of the process. */
    readonly seconds: number;
    readonly output: string;
}

export interface InterruptedOptions {
    /** Ctrl-C is sent once the output matches all of these. */
    readonly upon: readonly RegExp[];
    /** A further condition for sending Ctrl-C. */
    readonly when?: () => Promise<boolean>;
    /** Sends the signal to `pulumi` alone, as other programs do. A terminal sends it to the whole process group. */
    readonly alone?: boolean;
}

/** Runs a Pulumi command and sends Ctrl-C when its output matches. */
export async function interrupted(
    project: Project,
    command: "up" | "destroy" | "refresh",
    { upon, when = async () => true, alone = false }: InterruptedOptions,
): Promise<Interrupted> {
    const child = spawn("pulumi", [command, "--non-interactive", "--yes", "--skip-preview"], {
        cwd: project.folder,
        env: { ...process.env, ...project.env },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true, // its own process group, as a shell gives to a command
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const pid = child.pid as number;
    const isSo = async () => upon.every((each) => each.test(output)) && (await when());
    for (const deadline = performance.now() + 120_000; !(await isSo()); await sleep(20)) {
        if (child.exitCode !== null) throw new Error(`pulumi ${command} ended before the signal:\n${output}`);
        if (performance.now() < deadline) continue;
        process.kill(-pid, "SIGKILL");
        throw new Error(`pulumi ${command} did not print ${upon.join(", ")}:\n${output}`);
    }
    const started = performance.now();
    process.kill(alone ? pid : -pid, "SIGINT");
    await ended;
    return { seconds: (performance.now() - started) / 1000, output };
}
