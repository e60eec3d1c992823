import type { GcRule } from "../../buildkit/gc";

/** The arguments of a `BuildKitPrune` as the provider receives them. */
export interface PruneInputs extends GcRule {
    builderName: string;
    triggers?: unknown[];
}

/** A `BuildKitPrune` in Pulumi's state: its arguments and outputs. */
export interface SavedPrune extends PruneInputs {
    reclaimed: number;
    records: number;
}
