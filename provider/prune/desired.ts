import { type GcRule, gcRuleKeys } from "../buildkit/gc";
import { canonicalName } from "../buildx/names";
import type { PruneInputs } from "./inputs";

/** A prune as the program asks for it. */
export interface DesiredPrune {
    /** The builder, in lower case as buildx keeps it. */
    readonly builder: string;
    /** What stays; without any bound, nothing that is not in use. */
    readonly rule: GcRule;
    readonly triggers: readonly unknown[];
}

export function desirePrune({ builderName, triggers = [], ...others }: PruneInputs): DesiredPrune {
    const given = gcRuleKeys.filter((key) => others[key] !== undefined);
    const rule = Object.fromEntries(given.map((key) => [key, others[key]])) as GcRule;
    return { builder: canonicalName(builderName), rule, triggers };
}
