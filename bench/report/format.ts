import type { Goal, Unit } from "../measurement";
import type { Result } from "./results";

/** Returns a figure as text with about three digits, which is already more than the next run would repeat. */
export const formatFigure = (value: number, unit: Unit): string => {
    const size = Math.abs(value);
    const digits = size >= 100 || (unit === "" && Number.isInteger(value)) ? 0 : size >= 10 || unit === "%" ? 1 : 2;
    return `${value.toFixed(digits).replace(/\.0$/, "")}${unit === "" || unit === "%" ? unit : ` ${unit}`}`;
};

export function formatGoal({ of, most, least }: Goal, unit: Unit): string {
    const bound = (value: number) => formatFigure(value, of === "ratio" ? "" : unit);
    return most === undefined ? `${bound(least ?? 0)} or more` : `${bound(most)} or less`;
}

/** Returns the additional figures of a row in one line. */
export const formatMore = ({ more = {}, unit }: Result): string =>
    Object.entries(more)
        .map(([what, value]) => `${what}: ${formatFigure(value, unit)}`)
        .join(", ");
