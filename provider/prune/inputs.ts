import type { GcRule } from "../buildkit/gc";

/** The arguments of a `BuildKitPrune` as they reach the provider. */
export interface PruneInputs extends GcRule {
    builderName: string;
    triggers?: unknown[];
}

/** What Pulumi's state holds of it. */
export interface PruneState extends PruneInputs {
    reclaimed: number;
    records: number;
}
