/** What older releases of BuildKit do not support, of what this package needs. */

/** What shows which release a booted buildkitd is. */
export interface Release {
    /** Such as `v0.34.2`; empty if it does not report one. */
    readonly version: string;
    /** It supports no bound but `keepBytes`, and a rule of its garbage collection has none. */
    readonly isUnbounded: boolean;
}

/** Returns why a BuildKit cannot be queried at all, from the output of its `buildctl`; `undefined` if that is not the reason. */
export const whyTooOld = (printed: string): string | undefined =>
    /flag provided but not defined: -+format\b/.test(printed)
        ? "is older than v0.10 and cannot be asked whether it is ready: give the builder an image with v0.12 or newer"
        : undefined;

/** Returns what a booted BuildKit does not support that a newer one does, as the ends of warnings. */
export function limitsOfOlder({ version, isUnbounded }: Release): string[] {
    const limits: string[] = [];
    if (isBefore(version, 12)) {
        limits.push(
            "BuildKit before v0.12 does not say which builds run, so that a change or removal of the builder cuts them off",
        );
    }
    if (isUnbounded && isBefore(version, 17)) {
        limits.push(
            "BuildKit before v0.17 passes over maxUsedSpace, reservedSpace and minFreeSpace, so that a rule of gcPolicy " +
                "that has no other bound removes all that no build uses: write keepBytes beside them, or use the argument gc",
        );
    }
    return limits;
}

/** Whether a version is older than v0.`minor`; BuildKit before v0.11 reports none. */
function isBefore(version: string, minor: number): boolean {
    if (version === "") return true;
    const [, major, its, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
    if (major !== "0" || (its === "0" && patch === "0")) return false; // v0.0.0: built without a version
    return Number(its) < minor;
}
