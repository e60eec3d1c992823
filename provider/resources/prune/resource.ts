import type * as pulumi from "@pulumi/pulumi";
import { BuildxResource } from "../../program/resource";
import { outputs } from "./outputs";

/** Arguments of a {@link BuildKitPrune}. Without any bound, everything that is not in use is removed. */
export interface BuildKitPruneArgs {
    /** The name of the builder, for example the output `name` of a `BuildxBuilder`. All of its nodes are pruned. */
    builderName: pulumi.Input<string>;
    /** Values of any kind. If one of them changes, the cache is pruned again. @default none */
    triggers?: pulumi.Input<pulumi.Input<unknown>[]>;
    /**
     * The size of the cache that is never removed: bytes, or a size, for example `"10GB"`. A percentage of the disk is
     * not valid in a prune.
     *
     * @default no such bound
     */
    reservedSpace?: pulumi.Input<number | string>;
    /** The maximum size of the cache. The least recently used records are removed first. @default no such bound */
    maxUsedSpace?: pulumi.Input<number | string>;
    /** The minimum free space on the disk. Records are removed until it is reached. @default no such bound */
    minFreeSpace?: pulumi.Input<number | string>;
    /** Records that were used within this time are kept: seconds, or a duration, for example `"48h"` or `"7d"`. */
    keepDuration?: pulumi.Input<number | string>;
    /**
     * Filters for the records that may be removed, for example `"type==exec.cachemount"`. A record needs to match only
     * one filter.
     *
     * @default everything
     */
    filters?: pulumi.Input<pulumi.Input<string>[]>;
    /** Whether to also remove what BuildKit itself needs, for example frontends. @default false */
    all?: pulumi.Input<boolean>;
}

/**
 * A prune of a builder's cache (`buildctl prune`). The first `pulumi up` prunes, and each `pulumi up` after `triggers`
 * or another argument changed. Records that a running build uses are kept.
 *
 * If the builder is stopped or paused, it runs during the prune. If a node has a volume but no container, a temporary
 * buildkitd is booted for it. If a node was never booted, there is nothing to remove. If the engine of one node is
 * unreachable, or its buildkitd does not boot, no node is pruned.
 *
 * ```ts
 * new BuildKitPrune("weekly", { builderName: builder.name, keepDuration: "7d", triggers: [week] });
 * ```
 *
 * For permanent limits, set `gc` of the builder. Removing the resource does nothing.
 */
export class BuildKitPrune extends BuildxResource {
    /** The number of bytes that the last prune removed, in total for all nodes. */
    declare readonly reclaimed: pulumi.Output<number>;
    /** The number of cache records that the last prune removed, in total for all nodes. */
    declare readonly records: pulumi.Output<number>;

    /**
     * @param name the resource's logical name.
     * @throws at preview, if an argument is not valid. The error names the property.
     */
    constructor(name: string, args: BuildKitPruneArgs, opts?: pulumi.CustomResourceOptions) {
        super("BuildKitPrune", name, { ...args }, outputs, opts);
    }
}
