import * as dockerBuild from "@pulumi/docker-build";
import * as buildx from "pulumi-buildx";

// The build cache, in a volume. `pulumi destroy` removes the volume, unless you add { retainOnDelete: true }.
const cache = new buildx.BuildKitState("cache", { builderName: "quickstart" });

// The builder. The name of the builder comes from the cache: "quickstart".
const builder = new buildx.BuildxBuilder("builder", { state: cache });

// An image that the builder builds. The image is loaded into Docker.
const image = new dockerBuild.Image("app", {
    ...builder.imageArgs(), // sets `builder` and `platforms`
    context: { location: "./app" },
    tags: ["quickstart-app:latest"],
    load: true,
    push: false,
});

export const name = builder.name;
export const containerName = builder.containerName;
export const endpoint = builder.endpoint;
export const platforms = builder.platforms;
export const imageDigest = image.digest;
