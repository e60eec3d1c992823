import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();

const state = new buildx.BuildKitState("cache", { builderName: "bounded-cache" });

// At all times: above this, buildkitd removes what was not used for longest; what was used within a week goes last.
const gc = { maxUsedSpace: config.get("maxUsedSpace") ?? "20GB", keepDuration: "7d" };
const builder = new buildx.BuildxBuilder("builder", { state, gc });

// Once for each `pulumi config set release …` of another value: what was not used within a day goes.
const prune = new buildx.BuildKitPrune("release", {
    builderName: builder.name,
    keepDuration: config.get("keepDuration") ?? "24h",
    triggers: [config.get("release") ?? "first"],
});

// What is left, measured after that, at every `pulumi up`.
const left = pulumi.all([builder.name, prune.records]).apply(([builderName]) => buildx.getState({ builderName }));

export const name = builder.name;
export const reclaimed = prune.reclaimed;
export const size = left.apply(({ usage }) => usage?.total);
export const sizeOnDisk = left.sizeOnDisk;
