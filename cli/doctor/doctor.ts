import type { Invocation } from "../arguments";
import { collectHost } from "../machine/host";
import { collectMachine } from "../machine/machine";
import { screenOf } from "../format/screen";
import { diagnose } from "./diagnose";
import { renderFindings } from "./render";

/** Prints the problems with builders and the commands that fix them. Returns the exit code. */
export async function doctor({ names, json }: Invocation): Promise<number> {
    const [machine, host] = await Promise.all([collectMachine(names, { usage: false, health: true }), collectHost()]);
    const findings = diagnose(machine, host, names);
    const isHealthy = findings.every(({ severity }) => severity === "hint");
    process.stdout.write(
        json
            ? `${JSON.stringify({ healthy: isHealthy, findings }, undefined, 4)}\n`
            : renderFindings(findings, screenOf(process.stdout)),
    );
    return isHealthy ? 0 : 1;
}
