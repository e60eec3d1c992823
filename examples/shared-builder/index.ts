import * as buildx from "pulumi-buildx";

const state = new buildx.BuildKitState("cache", { builderName: "shared-builder" });

const builder = new buildx.BuildxBuilder("builder", { state });

// The stacks that build on it read this: see the example shared-builder-images.
export const builderName = builder.name;
