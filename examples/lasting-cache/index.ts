import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();

// With `retainOnDelete`, the volume stays if the stack is destroyed, and the next `pulumi up` uses it again.
const state = new buildx.BuildKitState("cache", { builderName: "lasting-cache" }, { retainOnDelete: true });

// `pulumi config set debug true` recreates the container. The cache stays.
const builder = new buildx.BuildxBuilder("builder", {
    state,
    buildkitdFlags: config.getBoolean("debug") ? ["--debug"] : [],
});

export const name = builder.name;
export const volumeName = state.volumeName;
