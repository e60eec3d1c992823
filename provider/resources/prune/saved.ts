/** What Pulumi saves of a `BuildKitPrune`. */
import type { Pruned } from "../../buildkit/prune";
import { withoutOutputs } from "../saved";
import type { PruneArguments } from "./args";
import { type DesiredPrune, desiredPrune } from "./desired";
import { outputs, type PruneOutputs } from "./outputs";

/** A `BuildKitPrune` in Pulumi's state: its arguments and outputs. */
export interface SavedPrune extends PruneArguments, PruneOutputs {}

export const toSaved = (args: PruneArguments, { reclaimed, records }: Pruned): SavedPrune => ({
    ...args,
    reclaimed,
    records,
});

export const savedArguments = (saved: SavedPrune): PruneArguments => withoutOutputs<PruneArguments>(saved, outputs);

export const previousOf = (saved: SavedPrune): DesiredPrune => desiredPrune(savedArguments(saved));
