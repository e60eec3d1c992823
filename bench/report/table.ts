import type { Result } from "./results";
import { formatFigure, formatGoal, formatMore, formatShare } from "./format";

/** Returns the results as a table for the terminal. */
export function table(results: readonly Result[]): string {
    const rows = results.map((result) => [
        result.name,
        formatFigure(result.ours, result.unit),
        result.beside === undefined ? "" : formatFigure(result.beside, result.unit),
        result.ratio === undefined ? "" : formatFigure(result.ratio, ""),
        result.limit === undefined ? "" : formatFigure(result.limit, result.unit),
        result.ratioToLimit === undefined ? "" : formatFigure(result.ratioToLimit, ""),
        formatGoals(result),
        reachedText(result),
        description(result),
        formatMore(result),
    ]);
    const head = ["", "median", "compared", "ratio", "limit", "ratio", "goal", "reached", "what", ""];
    return columns([head, ...rows]);
}

function formatGoals({ goal, mostOfLimit, unit }: Result): string {
    const ofLimit = mostOfLimit === undefined ? "" : `${formatFigure(mostOfLimit, "")} of the limit or less`;
    return [goal && formatGoal(goal, unit), ofLimit].filter(Boolean).join(", ");
}

function reachedText({ reached, busy }: Result): string {
    if (busy !== undefined) return `does not count: other programs used ${formatShare(busy)} of the processors`;
    if (reached === undefined) return "";
    return reached ? "yes" : "NO";
}

const description = ({ what, besideWhat, limitWhat }: Result) =>
    [what, besideWhat && `compared with ${besideWhat}`, limitWhat && `limit: ${limitWhat}`].filter(Boolean).join(", ");

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
