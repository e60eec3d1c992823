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

/** @param share between 0 and 1. */
export const formatShare = (share: number): string => `${(share * 100).toFixed(0)} %`;

const digits = (value: number) => (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

/**
 * Returns a time as text, with about three digits.
 *
 * @param ms milliseconds.
 */
export function formatTime(ms: number): string {
    if (ms < 1000) return `${ms.toFixed(digits(ms))} ms`;
    const seconds = ms / 1000;
    return seconds < 120 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`;
}

export function formatBytes(count: number): string {
    const [value, unit] = count >= 1e6 ? [count / 1e6, "MB"] : [count / 1e3, "KB"];
    return `${value.toFixed(digits(value))} ${unit}`;
}
