import { parseGoDuration } from "../text/durations";
import { parseSize } from "../text/dockerValues";
import type { GcRule } from "./gc";

/**
 * `keepBytes` of a rule that only has `minFreeSpace`, if BuildKit does not support it: the default of that BuildKit.
 */
const olderDefault = "10%";

/**
 * Returns a rule for `buildkitd.toml` that every BuildKit since v0.10 can read.
 *
 * BuildKit before v0.17 ignores `maxUsedSpace`, `reservedSpace` and `minFreeSpace`. A rule without a limit then removes
 * everything that no build uses. The limit in these versions is `keepBytes`. BuildKit before v0.12 reads it only as a
 * number.
 *
 * If a rule has no `reservedSpace`, newer versions use `keepBytes` instead (buildkit: `cmd/buildkitd/main.go`,
 * `getGCPolicy`). This has no effect if `keepBytes` equals `maxUsedSpace`. If the rule has `minFreeSpace`, the smallest
 * `reservedSpace` keeps BuildKit from using `keepBytes`.
 */
export function withKeepBytes(rule: GcRule): object {
    const { reservedSpace, maxUsedSpace, minFreeSpace, keepDuration } = rule;
    const bound = [maxUsedSpace, reservedSpace].find(isBound) ?? (isBound(minFreeSpace) ? olderDefault : undefined);
    return {
        ...rule,
        ...(keepDuration !== undefined && { keepDuration: inSeconds(keepDuration) }),
        ...(bound !== undefined && { keepBytes: inBytes(bound) }),
        ...(bound !== undefined && !isBound(reservedSpace) && isBound(minFreeSpace) && { reservedSpace: 1 }),
    };
}

/** Whether a space is a limit. For BuildKit, 0 in any spelling means no limit. */
const isBound = (space: number | string | undefined): space is number | string =>
    space !== undefined && Number.parseFloat(String(space)) !== 0;

const inBytes = (space: number | string) => (typeof space === "string" ? (parseSize(space) ?? space) : space);

/** Returns a duration as a number of seconds if it is a whole number of seconds; otherwise unchanged. */
function inSeconds(duration: number | string): number | string {
    const seconds = parseGoDuration(String(duration));
    return seconds !== undefined && Number.isSafeInteger(seconds) ? seconds : duration;
}
