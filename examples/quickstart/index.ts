import * as buildx from "pulumi-buildx";
import { Image } from "./image";

// The cache: a volume that is kept if the builder is changed, removed or recreated.
const state = new buildx.BuildKitState("cache", { builderName: "quickstart" });

// The builder, which uses this cache. `docker buildx ls` shows it.
const builder = new buildx.BuildxBuilder("builder", { state });

// An image, built with this builder in the same `pulumi up`.
const image = new Image("app", { ...builder.imageArgs(), context: "app", tag: "quickstart-app" });

export const name = builder.name;
export const containerName = builder.containerName;
export const endpoint = builder.endpoint;
export const platforms = builder.platforms;
export const imageDigest = image.digest;
