/** Outputs of a `BuildKitPrune`. */
export interface PruneOutputs {
    /** Bytes that the last prune removed, in total for all nodes. */
    reclaimed: number;
    /** Number of cache records that the last prune removed, in total for all nodes. */
    records: number;
}

/** Names of the outputs of a `BuildKitPrune`. */
export const outputs: readonly string[] = Object.keys({
    reclaimed: true,
    records: true,
} satisfies Record<keyof PruneOutputs, true>);
