/** Value syntax of the driver's options (docker/cli `opts`, docker/go-units). */
import { isIPv6 } from "node:net";

const digits = String.raw`\d(?:_?\d)*`;

/** A number as Go's `strconv.ParseFloat` reads it, except hexadecimal numbers and `-0`. */
const number = String.raw`\+?(?:${digits}(?:\.(?:${digits})?)?|\.${digits})(?:[eE][+-]?${digits})?`;

const size = new RegExp(`^(${number}) ?(?:([kmgtp])(?:i?b)?|b)?$`, "i");

/**
 * Returns the bytes of a size such as `"512m"`, `"1.5g"` or `"1073741824"`; `undefined` if docker does not read the
 * text as a size (docker/go-units 0.5: `size.go`, `RAMInBytes`). A `b` must follow an `i`: `"512MiB"` is a size,
 * `"512Mi"` is not.
 */
export function parseSize(text: string): number | undefined {
    const [, count, unit] = size.exec(text) ?? [];
    if (count === undefined) return undefined;
    const exponent = unit === undefined ? 0 : "kmgtp".indexOf(unit.toLowerCase()) + 1;
    const bytes = Math.trunc(Number(count.replaceAll("_", "")) * 1024 ** exponent);
    return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/**
 * Returns the valid size that is nearest to an invalid value: `"512m"` for `"512Mi"` and `"512 MByte"`, `"1.5g"` for
 * `"1,5g"`, `"1024"` for the number 1024. `undefined` if no size is near.
 */
export function nearestSize(value: unknown): string | undefined {
    if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? String(value) : undefined;
    if (typeof value !== "string") return undefined;
    const plain = value.normalize("NFKC").trim().toLowerCase();
    const [, count, unit = ""] = /^([\d.,_]+)\s*(?:([kmgtp])i?(?:b|bytes?)?|b|bytes?)?$/.exec(plain) ?? [];
    if (count === undefined) return undefined;
    const text = `${count.replace(/^(\d+),(\d{1,2})$/, "$1.$2").replaceAll(",", "")}${unit}`;
    return parseSize(text) === undefined ? undefined : text;
}

/** Parses a size like {@link parseSize}, and `"-1"`, which means "no limit" in `memory-swap`. */
export const parseSwapSize = (text: string): number | undefined => (text === "-1" ? -1 : parseSize(text));

/** Returns the shortest spelling of a number of bytes: `"2g"` for 2147483648. */
export function formatSize(bytes: number): string {
    for (const [exponent, unit] of [
        [4, "t"],
        [3, "g"],
        [2, "m"],
        [1, "k"],
    ] as const) {
        if (bytes > 0 && bytes % 1024 ** exponent === 0) return `${bytes / 1024 ** exponent}${unit}`;
    }
    return String(bytes);
}

/** A restart policy in the form of the Engine API. */
export interface RestartPolicy {
    Name: string;
    MaximumRetryCount: number;
}

const restartPolicy = /^(?:(no|always|unless-stopped)|(on-failure)(?::(\d+))?)$/;

/** Parses `no`, `always`, `unless-stopped` or `on-failure[:times]`. Returns `undefined` for any other text. */
export function parseRestartPolicy(text: string): RestartPolicy | undefined {
    const [, plain, onFailure, times] = restartPolicy.exec(text) ?? [];
    const name = plain ?? onFailure;
    const count = Number(times ?? 0);
    return name === undefined || !Number.isSafeInteger(count) ? undefined : { Name: name, MaximumRetryCount: count };
}

export function formatRestartPolicy(policy: RestartPolicy): string {
    const name = policy.Name || "no"; // older engines report "no" as an empty name
    return policy.MaximumRetryCount > 0 ? `${name}:${policy.MaximumRetryCount}` : name;
}

const cpuSet = /^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/;

/** Whether `text` is a list of processors or memory nodes such as `"0-3,6"`, with ascending ranges. */
export function isCpuSet(text: string): boolean {
    return (
        cpuSet.test(text) &&
        text.split(",").every((range) => {
            const [from, to] = range.split("-").map(Number) as [number, number?];
            return to === undefined || from <= to;
        })
    );
}

/** Returns the shortest form of a list of processors or memory nodes: `"0-1"` for both `"0,1"` and `"1,0-1"`. */
export function canonicalCpuSet(text: string): string {
    if (!isCpuSet(text)) return text;
    const ranges = text.split(",").map((range) => {
        const [from = 0, to = from] = range.split("-").map(Number);
        return { from, to };
    });
    const merged: typeof ranges = [];
    for (const range of ranges.sort((a, b) => a.from - b.from)) {
        const last = merged.at(-1);
        if (last !== undefined && range.from <= last.to + 1) last.to = Math.max(last.to, range.to);
        else merged.push(range);
    }
    return merged.map(({ from, to }) => (from === to ? from : `${from}-${to}`)).join();
}

/** Returns an IP address in its shortest form, and any other text unchanged. */
export function canonicalAddress(text: string): string {
    const address = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
    return isIPv6(address) && !address.includes("%") ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
