import * as buildx from "pulumi-buildx";

const state = new buildx.BuildKitState("cache", { builderName: "shared-builder" });

const builder = new buildx.BuildxBuilder("builder", { state });

// Stacks that use the builder read this output: see the example shared-builder-images.
export const builderName = builder.name;
