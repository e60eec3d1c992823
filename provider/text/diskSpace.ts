/** Sizes of disk space, as BuildKit reads them (buildkit: `cmd/buildkitd/config/gcpolicy.go`, `DiskSpace`). */
import { nearestSize, parseSize } from "./dockerValues";

const share = /^\+?(\d+)%$/;

/** Whether a value is a number of bytes, a size, or a whole percentage of the disk. */
export function isDiskSpace(value: unknown): boolean {
    if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0;
    if (typeof value !== "string") return false;
    const [, percents] = share.exec(value) ?? [];
    return percents === undefined ? parseSize(value) !== undefined : Number.isSafeInteger(Number(percents));
}

/**
 * Returns the size that was probably meant by an invalid value: `"20GB"` for `"20Gi"`. `undefined` if no size is near.
 */
export function nearestDiskSpace(value: unknown): string | undefined {
    if (typeof value !== "string") return undefined;
    const [, percents] = /^(\d+)(?:\.0+)? ?%$/.exec(value.normalize("NFKC").trim()) ?? [];
    if (percents !== undefined) return `${percents}%`;
    return nearestSize(value)?.replace(/[kmgtp]$/, (unit) => `${unit.toUpperCase()}B`);
}

/**
 * A smaller number of bytes without a unit was probably meant as megabytes, the unit that BuildKit's documentation once
 * used for `gckeepstorage`.
 */
const suspicious = 1_000_000;

/** Returns why a legal size is probably not the intended one; `undefined` for an ordinary size. */
export function doubtfulDiskSpace(value: unknown): string | undefined {
    if (typeof value !== "number" && typeof value !== "string") return undefined;
    const isBare = typeof value === "number" || /^\d+$/.test(value);
    if (isBare && Number(value) > 0 && Number(value) < suspicious)
        return `${value} means bytes because it has no unit, which is probably too small. For megabytes, write "${value}MB"`;
    const [, percents] = typeof value === "string" ? (share.exec(value) ?? []) : [];
    if (Number(percents ?? 0) > 100) return `"${value}" is more than the whole disk`;
    return undefined;
}

/** Returns the end of a message about an invalid size: `. Did you mean "20GB"?`. */
export const orNearest = (nearest: string | undefined): string =>
    nearest === undefined ? "" : `. Did you mean "${nearest}"?`;
