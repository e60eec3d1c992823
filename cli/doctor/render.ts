import type { Screen } from "../format/screen";
import type { Finding } from "./finding";

/** Returns what `doctor` prints for a person. Each command is on a line of its own, so that it can be copied. */
export function renderFindings(findings: readonly Finding[], { paint }: Screen): string {
    const isWell = findings.every(({ severity }) => severity === "hint");
    const each = findings.map(({ severity, found, mends }) => {
        const mark = severity === "problem" ? paint("red", "✗") : paint("yellow", "!");
        const ways = mends.map(({ what, command }) =>
            command === undefined ? `  ${what}\n` : `  ${what}:\n    ${paint("bold", command)}\n`,
        );
        return `${mark} ${found}\n${ways.join("")}`;
    });
    return [...each, ...(isWell ? [`${paint("green", "✓")} nothing keeps a builder from working\n`] : [])].join("\n");
}
