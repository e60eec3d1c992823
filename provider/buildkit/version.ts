/** Features that this package uses and that older releases of BuildKit do not support. */

/** Release of a booted buildkitd. */
export interface Release {
    /** Version, for example `v0.34.2`. Empty if buildkitd does not report its version. */
    readonly version: string;
    /**
     * Whether a rule of its garbage collection has no limit, and buildkitd supports no other limit than `keepBytes`.
     */
    readonly isUnbounded: boolean;
}

/**
 * Returns why a BuildKit is too old to be queried, from the output of its `buildctl`. `undefined` if the output has
 * another reason.
 */
export const whyTooOld = (printed: string): string | undefined =>
    /flag provided but not defined: -+format\b/.test(printed)
        ? "it is older than v0.10. Use an image with BuildKit v0.12 or newer for the builder"
        : undefined;

/** Returns warnings about features that a booted BuildKit does not support because it is too old. */
export function limitsOfOlder({ version, isUnbounded }: Release): string[] {
    const limits: string[] = [];
    if (isBefore(version, 12)) {
        limits.push(
            "BuildKit before v0.12 does not report running builds, so a change or removal of the builder aborts them",
        );
    }
    if (isUnbounded && isBefore(version, 17)) {
        limits.push(
            "BuildKit before v0.17 ignores maxUsedSpace, reservedSpace and minFreeSpace, so a rule of gcPolicy " +
                "without another limit removes everything that no build uses. Add keepBytes to such rules, or use the argument gc",
        );
    }
    return limits;
}

/** Whether a version is older than v0.`minor`. BuildKit before v0.11 reports no version. */
function isBefore(version: string, minor: number): boolean {
    if (version === "") return true;
    const [, major, its, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
    if (major !== "0" || (its === "0" && patch === "0")) return false; // v0.0.0: built without a version
    return Number(its) < minor;
}
