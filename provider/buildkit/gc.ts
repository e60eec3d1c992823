/** Rules of garbage collection that a user writes, and the complete policy that buildkitd gets for them. */
import { isGoDuration } from "../text/durations";
import type { Table } from "./config";

/** A rule of garbage collection, with BuildKit's names and units. Durations may also be in days and weeks. */
export interface GcRule {
    /** Space that the rule never frees: bytes, a size such as `"10GB"`, or a percentage of the disk such as `"10%"`. */
    reservedSpace?: number | string;
    /** If the cache is larger than this, the rule removes the least recently used records. */
    maxUsedSpace?: number | string;
    /** Disk space that the rule tries to keep free. */
    minFreeSpace?: number | string;
    /** Records used within this time are kept: seconds, or a text such as `"48h"` or `"7d"`. */
    keepDuration?: number | string;
    /** Filters, such as `"type==exec.cachemount"`. A record has to match at least one of them. @default all records */
    filters?: string[];
    /** Whether the rule also removes records that BuildKit itself needs, such as frontends. @default false */
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

/**
 * The limits if nothing else limits the cache. They are close to BuildKit's defaults (buildkit: `DetectDefaultGCCap`).
 */
const ceiling: GcRule = { reservedSpace: "10%", maxUsedSpace: "100GB", minFreeSpace: "20%" };

/** The rule that removes first the records that are cheapest to recreate (buildkit: `DefaultGCPolicy`). */
const cheapFirst: GcRule = {
    filters: ["type==source.local", "type==exec.cachemount", "type==source.git.checkout"],
    keepDuration: "48h",
    maxUsedSpace: "512MB",
};

const longUnused = "1440h"; // 60 days

/**
 * Returns the policy for one rule or for a list of rules.
 *
 * If buildkitd gets any rule, it drops its default policy, and a policy without an upper bound fills the disk.
 * Therefore one rule becomes the complete series of rules that BuildKit would use with these limits. A list without an
 * upper bound gets a last rule with one.
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

/** Whether a rule limits the whole cache, regardless of its content. */
const isCeiling = ({ filters, keepDuration, maxUsedSpace, minFreeSpace }: GcRule) =>
    filters === undefined && !keepDuration && Boolean(maxUsedSpace ?? minFreeSpace);

const days = /^(?:(\d+)w)?(?:(\d+)d)?((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*)$/;

/**
 * Returns a duration in hours and smaller units, because BuildKit does not support days (docker/buildx#2505). A number
 * of seconds stays as it is. `undefined` if the text is not a duration.
 */
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
 * Returns buildkitd's configuration with the policy for `gc` in it.
 *
 * @param written returns a rule in the form in which the configuration has it.
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

/** Whether a configuration has its own settings of garbage collection. */
export const hasGc = ({ worker }: Table): boolean => {
    const { oci } = (worker ?? {}) as { oci?: Record<string, unknown> };
    return ["gc", "gcpolicy", "gckeepstorage", ...gcRuleKeys].some((key) => oci?.[key] !== undefined);
};
