/** Rules of garbage collection as a user asks for them, and the whole policy that buildkitd is given for them. */
import { isGoDuration } from "../buildx/durations";
import type { Table } from "./config";

/** A rule in BuildKit's names and units; durations may be in days and weeks, too. */
export interface GcRule {
    /** What the rule never removes: bytes, a size such as `"10GB"`, or a share of the disk, `"10%"`. */
    reservedSpace?: number | string;
    /** Above this the rule removes what was not used for longest. */
    maxUsedSpace?: number | string;
    /** What the rule tries to leave free on the disk. */
    minFreeSpace?: number | string;
    /** What was used within this time stays: seconds, or a text such as `"48h"` or `"7d"`. */
    keepDuration?: number | string;
    /** What the rule is about, such as `"type==exec.cachemount"`; one that matches is enough. Default: everything. */
    filters?: string[];
    /** Also what BuildKit itself needs, such as frontends. Default: false. */
    all?: boolean;
}

export const gcRuleKeys = Object.keys({
    reservedSpace: true,
    maxUsedSpace: true,
    minFreeSpace: true,
    keepDuration: true,
    filters: true,
    all: true,
} satisfies Record<keyof GcRule, true>) as (keyof GcRule)[];

/** Where nothing else bounds the cache: about what BuildKit itself goes by (buildkit: `DetectDefaultGCCap`). */
const ceiling: GcRule = { reservedSpace: "10%", maxUsedSpace: "100GB", minFreeSpace: "20%" };

/** What is cheapest to have again goes first (buildkit: `DefaultGCPolicy`). */
const cheapFirst: GcRule = {
    filters: ["type==source.local", "type==exec.cachemount", "type==source.git.checkout"],
    keepDuration: "48h",
    maxUsedSpace: "512MB",
};

const longUnused = "1440h"; // 60 days

/**
 * The policy for one rule or a list. buildkitd drops its own policy where it is given any rule, and a policy without a
 * ceiling fills the disk; so one rule becomes the whole ladder that BuildKit would have with these bounds, and a list that
 * bounds nothing gets a last rule that does.
 */
export function gcPolicy(gc: GcRule | readonly GcRule[]): GcRule[] {
    if (isList(gc)) return [...gc, ...(gc.some(isCeiling) ? [] : [{ all: true, ...ceiling }])].map(inHours);
    const { filters, keepDuration, all: _, ...asked } = gc;
    const spaces = Object.keys(asked).length > 0 && filters === undefined ? asked : ceiling;
    const ladder = [
        ...(filters === undefined ? [cheapFirst] : [gc, cheapFirst]),
        { keepDuration: filters === undefined ? (keepDuration ?? longUnused) : longUnused, ...spaces },
        spaces,
        { all: true, ...spaces },
    ];
    return ladder.map(inHours);
}

const isList = (gc: GcRule | readonly GcRule[]): gc is readonly GcRule[] => Array.isArray(gc);

/** Whether a rule keeps all of the cache within bounds, whatever is in it. */
const isCeiling = ({ filters, keepDuration, maxUsedSpace, minFreeSpace }: GcRule) =>
    filters === undefined && !keepDuration && Boolean(maxUsedSpace ?? minFreeSpace);

const days = /^(?:(\d+)w)?(?:(\d+)d)?((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*)$/;

/** A duration as BuildKit reads it, which knows no days (docker/buildx#2505); `undefined` where it is none. */
export function durationInHours(text: string): string | undefined {
    if (/^\d+$/.test(text)) return isGoDuration(text) ? text : undefined;
    const [whole, weeks, dayCount, rest = ""] = days.exec(text) ?? [];
    if (!whole) return undefined;
    const hours = (Number(weeks ?? 0) * 7 + Number(dayCount ?? 0)) * 24;
    const read = hours === 0 ? rest || "0h" : `${hours}h${rest}`;
    return isGoDuration(read) ? read : undefined;
}

const inHours = (rule: GcRule): GcRule =>
    typeof rule.keepDuration === "string"
        ? { ...rule, keepDuration: durationInHours(rule.keepDuration) ?? rule.keepDuration }
        : rule;

/**
 * buildkitd's configuration with a policy in it.
 *
 * @param written how a rule of the policy is written down.
 */
export function withGc(
    config: Table | undefined,
    gc: GcRule | readonly GcRule[] | undefined,
    written: (rule: GcRule) => object = (rule) => rule,
): Table | undefined {
    if (gc === undefined) return config;
    const worker = (config?.worker ?? {}) as { oci?: object };
    return { ...config, worker: { ...worker, oci: { ...worker.oci, gcpolicy: gcPolicy(gc).map(written) } } };
}

/** Whether a configuration says itself what is collected. */
export const hasGc = ({ worker }: Table): boolean => {
    const { oci } = (worker ?? {}) as { oci?: Record<string, unknown> };
    return ["gc", "gcpolicy", "gckeepstorage", ...gcRuleKeys].some((key) => oci?.[key] !== undefined);
};
