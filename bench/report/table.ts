import type { Result } from "./results";
import { formatGoal, formatMore, formatFigure } from "./format";

/** Returns the results as a table for the terminal. */
export function table(results: readonly Result[]): string {
    const rows = results.map((result) => [
        result.name,
        formatFigure(result.ours, result.unit),
        result.beside === undefined ? "" : formatFigure(result.beside, result.unit),
        result.ratio === undefined ? "" : formatFigure(result.ratio, ""),
        formatGoal(result.goal, result.unit),
        result.reached ? "yes" : "NO",
        [result.what, result.besideWhat && `compared with ${result.besideWhat}`].filter(Boolean).join(", "),
        formatMore(result),
    ]);
    return columns([["", "median", "compared", "ratio", "goal", "reached", "what", ""], ...rows]);
}

/** Returns rows as text, with the cells of each column aligned. */
export function columns(rows: readonly (readonly string[])[]): string {
    const widths = rows.reduce<number[]>(
        (most, row) => row.map((cell, at) => Math.max(cell.length, most[at] ?? 0)),
        [],
    );
    return rows
        .map((row) =>
            row
                .map((cell, at) => cell.padEnd(widths[at] ?? 0))
                .join("  ")
                .trimEnd(),
        )
        .join("\n");
}
