import type { Invocation } from "../arguments";
import { lookAtHost } from "../machine/host";
import { lookAround } from "../machine/machine";
import { screenOf } from "../format/screen";
import { diagnose } from "./diagnose";
import { renderFindings } from "./render";

/** Prints what keeps builders from working and how to fix it. Returns the exit code. */
export async function doctor({ names, json }: Invocation): Promise<number> {
    const [machine, host] = await Promise.all([lookAround(names, { usage: false, health: true }), lookAtHost()]);
    const findings = diagnose(machine, host, names);
    const isHealthy = findings.every(({ severity }) => severity === "hint");
    process.stdout.write(
        json
            ? `${JSON.stringify({ healthy: isHealthy, findings }, undefined, 4)}\n`
            : renderFindings(findings, screenOf(process.stdout)),
    );
    return isHealthy ? 0 : 1;
}
