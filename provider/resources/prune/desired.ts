import { type GcRule, gcRuleKeys } from "../../buildkit/gc";
import { canonicalName } from "../../buildx/names";
import type { PruneArguments } from "./args";

/** A prune as the program declares it. */
export interface DesiredPrune {
    /** The name of the builder, in lower case as buildx stores it. */
    readonly builder: string;
    /** What the prune keeps. Without any bound, it keeps only what is in use. */
    readonly rule: GcRule;
    readonly triggers: readonly unknown[];
}

export function desiredPrune({ builderName, triggers = [], ...others }: PruneArguments): DesiredPrune {
    const given = gcRuleKeys.filter((key) => others[key] !== undefined);
    const rule = Object.fromEntries(given.map((key) => [key, others[key]])) as GcRule;
    return { builder: canonicalName(builderName), rule, triggers };
}
