import type { Result } from "./results";
import { formatFigure } from "./format";

/** The largest factor by which a run may differ from the last run without a cause in the code. */
const tolerance = 1.25;

/**
 * Returns the rows that got worse by more than a quarter. A row is compared by its ratio, or by its size if it has no
 * ratio. Times without a ratio are not compared, because they depend on the machine. Rows that do not count are not
 * compared either.
 */
export function regressions(rows: readonly Result[], older: readonly Result[]): string[] {
    return rows.flatMap((row) => {
        if (row.busy !== undefined) return [];
        const before = older.find(({ name, busy }) => name === row.name && busy === undefined);
        const [was, is] = [before && figureOf(before), figureOf(row)];
        if (was === undefined || is === undefined) return [];
        const isWorse = row.goal?.least === undefined ? is > was * tolerance : is < was / tolerance;
        const unit = row.ratio === undefined ? row.unit : "";
        return isWorse
            ? [`${row.name} got worse: ${formatFigure(was, unit)} before, ${formatFigure(is, unit)} now`]
            : [];
    });
}

const figureOf = ({ ratio, ours, unit, goal }: Result): number | undefined => {
    if (goal?.least !== undefined) return ours; // no ratio if the figure beside it is 0
    return ratio ?? (unit === "ms" ? undefined : ours);
};
