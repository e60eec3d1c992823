import type { Result } from "./results";
import { shown } from "./words";

/** What a run may differ from the last one without a reason in the code. */
const tolerance = 1.25;

/**
 * Ratios, and sizes where there is nothing to set them beside, that got worse by more than a quarter. Times alone are not
 * compared: they are the machine's.
 */
export function worse(rows: readonly Result[], older: readonly Result[]): string[] {
    return rows.flatMap((row) => {
        const before = older.find(({ name }) => name === row.name);
        const [was, is] = [before && figureOf(before), figureOf(row)];
        if (was === undefined || is === undefined) return [];
        const isWorse = row.goal.least === undefined ? is > was * tolerance : is < was / tolerance;
        const unit = row.ratio === undefined ? row.unit : "";
        return isWorse ? [`${row.name} got worse: ${shown(was, unit)} before, ${shown(is, unit)} now`] : [];
    });
}

const figureOf = ({ ratio, ours, unit, goal }: Result): number | undefined => {
    if (goal.least !== undefined) return ours; // beside nothing kept there is no ratio
    return ratio ?? (unit === "ms" ? undefined : ours);
};
