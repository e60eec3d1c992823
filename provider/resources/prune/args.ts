import type { GcRule } from "../../buildkit/gc";

/** The arguments of a `BuildKitPrune` as the provider receives them. */
export interface PruneArguments extends GcRule {
    builderName: string;
    triggers?: unknown[];
}
