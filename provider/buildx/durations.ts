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

/** The most seconds that Go's `time.Duration`, 64 bits of nanoseconds, holds. */
const most = 2 ** 63 / 1e9;

/**
 * Returns the seconds of a text such as `"48h"` or `"1h30m"` (Go: `time.ParseDuration`), or of a whole number of seconds,
 * `"3600"`, as BuildKit reads both (buildkit: `cmd/buildkitd/config/gcpolicy.go`, `Duration`); `undefined` if it is neither,
 * or too much for Go.
 */
export function parseGoDuration(text: string): number | undefined {
    const plain = /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
    if (plain === undefined && !whole.test(text)) return undefined;
    const sum =
        plain ?? [...text.matchAll(part)].reduce((all, [, n, unit]) => all + Number(n) * seconds[unit ?? ""]!, 0);
    if (Math.abs(sum) >= most) return undefined;
    return plain === undefined && text.startsWith("-") ? -sum : sum;
}

/** Whether BuildKit reads a text as a duration that is not negative. */
export const isGoDuration = (text: string): boolean => (parseGoDuration(text) ?? -1) >= 0;
