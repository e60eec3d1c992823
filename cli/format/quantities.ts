/** Formats quantities as docker prints them. */

/** Returns bytes with decimal units and three digits (docker/go-units `HumanSize`): `1.86MB`, `25.6MB`, `512B`. */
export function formatHumanSize(bytes: number): string {
    const names = ["B", "kB", "MB", "GB", "TB", "PB"];
    let [size, unit] = [bytes, 0];
    for (; size >= 1000 && unit < names.length - 1; unit++) size /= 1000;
    const rounded = Number(size.toPrecision(3));
    return rounded >= 1000 && unit < names.length - 1 ? `1${names[unit + 1]}` : `${rounded}${names[unit]}`;
}

const day = 86_400;

/** Each unit of time, its length in seconds, and the number of seconds up to which it is used. */
const units: readonly (readonly [string, number, number])[] = [
    ["second", 1, 60],
    ["minute", 60, 3600],
    ["hour", 3600, 2 * day],
    ["day", day, 14 * day],
    ["week", 7 * day, 60 * day],
    ["month", 30 * day, 730 * day],
    ["year", 365 * day, Infinity],
];

/** Returns how long ago a time was: `3 hours ago`. */
export function formatAge(then: Date, now: Date): string {
    const seconds = Math.max(0, (now.getTime() - then.getTime()) / 1000);
    const [unit, length] = units.find(([, , until]) => seconds < until) ?? ["year", 365 * day];
    const amount = Math.floor(seconds / length);
    return amount === 0 ? "just now" : `${amount} ${unit}${amount === 1 ? "" : "s"} ago`;
}
