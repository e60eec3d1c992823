import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();

const state = new buildx.BuildKitState("cache", { builderName: "bounded-cache" });

// If the cache exceeds this size, buildkitd removes the least recently used records; those used within a week last.
const gc = { maxUsedSpace: config.get("maxUsedSpace") ?? "20GB", keepDuration: "7d" };
const builder = new buildx.BuildxBuilder("builder", { state, gc });

// Each new value of `pulumi config set release …` prunes once: removes everything that was not used within a day.
const prune = new buildx.BuildKitPrune("release", {
    builderName: builder.name,
    keepDuration: config.get("keepDuration") ?? "24h",
    triggers: [config.get("release") ?? "first"],
});

// The size after the prune, measured by every `pulumi up`.
const left = pulumi.all([builder.name, prune.records]).apply(([builderName]) => buildx.getState({ builderName }));

export const name = builder.name;
export const reclaimed = prune.reclaimed;
export const size = left.apply(({ usage }) => usage?.total);
export const sizeOnDisk = left.sizeOnDisk;
