import type { GcRule } from "../../buildkit/gc";
import type { PruneOutputs } from "./outputs";

/** The arguments of a `BuildKitPrune` as the provider receives them. */
export interface PruneInputs extends GcRule {
    builderName: string;
    triggers?: unknown[];
}

/** A `BuildKitPrune` in Pulumi's state: its arguments and outputs. */
export interface SavedPrune extends PruneInputs, PruneOutputs {}
