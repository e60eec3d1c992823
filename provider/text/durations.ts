/** Durations as Go programs read them. */

const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
const whole = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;

const seconds: Readonly<Record<string, number>> = {
    ns: 1e-9,
    us: 1e-6,
    µs: 1e-6,
    μs: 1e-6,
    ms: 1e-3,
    s: 1,
    m: 60,
    h: 3600,
};

/** Upper bound, in seconds, of Go's `time.Duration`, which holds 64 bits of nanoseconds. */
const most = 2 ** 63 / 1e9;

/**
 * Returns the seconds of a duration such as `"48h"` or `"1h30m"` (Go: `time.ParseDuration`), or of a whole number of
 * seconds such as `"3600"`. BuildKit reads both (buildkit: `cmd/buildkitd/config/gcpolicy.go`, `Duration`). `undefined`
 * if the text is neither, or if the duration is too long for Go.
 */
export function parseGoDuration(text: string): number | undefined {
    const plain = /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
    if (plain === undefined && !whole.test(text)) return undefined;
    const sum =
        plain ?? [...text.matchAll(part)].reduce((all, [, n, unit]) => all + Number(n) * seconds[unit ?? ""]!, 0);
    if (Math.abs(sum) >= most) return undefined;
    return plain === undefined && text.startsWith("-") ? -sum : sum;
}

/** Whether BuildKit reads a text as a nonnegative duration. */
export const isGoDuration = (text: string): boolean => (parseGoDuration(text) ?? -1) >= 0;
