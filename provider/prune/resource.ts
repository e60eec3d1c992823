import type * as pulumi from "@pulumi/pulumi";
import { BuildxResource } from "../bridges/dynamic/resource";

/** Arguments of a {@link BuildKitPrune}. Without any bound, all that nothing uses is removed. */
export interface BuildKitPruneArgs {
    /** The builder, by the output `name` of a `BuildxBuilder`. All of its nodes are pruned. */
    builderName: pulumi.Input<string>;
    /** Values of any kind; whenever one of them changes, the cache is pruned again. */
    triggers?: pulumi.Input<pulumi.Input<unknown>[]>;
    /** What is never removed: bytes, or a size such as `"10GB"`. */
    reservedSpace?: pulumi.Input<number | string>;
    /** Remove what was not used for longest until the cache takes no more than this. */
    maxUsedSpace?: pulumi.Input<number | string>;
    /** Remove until this is free on the disk. */
    minFreeSpace?: pulumi.Input<number | string>;
    /** What was used within this time stays: seconds, or a text such as `"48h"` or `"7d"`. */
    keepDuration?: pulumi.Input<number | string>;
    /** What may be removed, such as `"type==exec.cachemount"`; one that matches is enough. Default: everything. */
    filters?: pulumi.Input<pulumi.Input<string>[]>;
    /** Also what BuildKit itself needs, such as frontends. Default: false. */
    all?: pulumi.Input<boolean>;
}

/**
 * Removes from a builder's cache at a `pulumi up`: at the first one, and whenever `triggers` or another argument changes
 * (`buildctl prune`). What a running build uses stays. A builder that is stopped or paused runs for as long as it takes, and a
 * node that has a volume and no container gets a buildkitd of its own for it; of a node that was never booted there is nothing
 * to remove. All nodes are pruned, or none where the engine of one cannot be reached or its buildkitd does not boot.
 *
 * ```ts
 * new BuildKitPrune("weekly", { builderName: builder.name, keepDuration: "7d", triggers: [week] });
 * ```
 *
 * For what is to hold at all times, give the builder a `gc`. Removing the resource does nothing.
 */
export class BuildKitPrune extends BuildxResource {
    /** Bytes that the last prune removed, over all nodes. */
    declare readonly reclaimed: pulumi.Output<number>;
    /** How many records of the cache these were. */
    declare readonly records: pulumi.Output<number>;

    constructor(name: string, args: BuildKitPruneArgs, opts?: pulumi.CustomResourceOptions) {
        super("BuildKitPrune", name, { ...args, reclaimed: undefined, records: undefined }, opts);
    }
}
