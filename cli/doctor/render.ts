import type { Screen } from "../format/screen";
import type { Finding } from "./finding";

/**
 * Returns what `doctor` prints for a person. Each command has its own line, so that it can be copied. The
 * kind of each finding is a heading in `docs/troubleshooting.md`.
 */
export function renderFindings(findings: readonly Finding[], { paint }: Screen): string {
    const isHealthy = findings.every(({ severity }) => severity === "hint");
    const each = findings.map(({ kind, severity, found, mends }) => {
        const mark = severity === "problem" ? paint("red", "✗") : paint("yellow", "!");
        const ways = mends.map(({ what, command }) =>
            command === undefined ? `  ${what}\n` : `  ${what}:\n    ${paint("bold", command)}\n`,
        );
        return `${mark} ${found} ${paint("dim", `[${kind}]`)}\n${ways.join("")}`;
    });
    return [...each, ...(isHealthy ? [`${paint("green", "✓")} no problems found\n`] : [])].join("\n");
}
