import { parseGoDuration } from "../buildx/durations";
import { parseSize } from "../buildx/values";
import type { GcRule } from "./gc";

/** What a rule that only has `minFreeSpace` keeps where BuildKit knows no such bound: BuildKit's own default then. */
const olderDefault = "10%";

/**
 * Returns a rule as `buildkitd.toml` has it, readable by each BuildKit from v0.10 on.
 *
 * BuildKit before v0.17 passes over `maxUsedSpace`, `reservedSpace` and `minFreeSpace`, and a rule without a bound removes
 * all that no build uses. Its name for the bound is `keepBytes`. A newer one takes `keepBytes` for `reservedSpace` where
 * there is none (buildkit: `cmd/buildkitd/main.go`, `getGCPolicy`), which changes nothing if it is as much as
 * `maxUsedSpace`; beside `minFreeSpace` the least `reservedSpace` keeps it out. Before v0.12 it reads numbers alone.
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

/** 0, in whatever spelling, is BuildKit's word for no bound. */
const isBound = (space: number | string | undefined): space is number | string =>
    space !== undefined && Number.parseFloat(String(space)) !== 0;

const inBytes = (space: number | string) => (typeof space === "string" ? (parseSize(space) ?? space) : space);

/** A whole number of seconds where it is one. */
function inSeconds(duration: number | string): number | string {
    const seconds = parseGoDuration(String(duration));
    return seconds !== undefined && Number.isSafeInteger(seconds) ? seconds : duration;
}
