import * as buildx from "pulumi-buildx";
import { Image } from "./image";

// The cache: a volume that lives on when the builder is changed, removed or made again.
const state = new buildx.BuildKitState("cache", { builderName: "quickstart" });

// The builder, which works on that cache. `docker buildx ls` shows it.
const builder = new buildx.BuildxBuilder("builder", { state });

// A build on it, in the same `pulumi up`.
const image = new Image("app", { ...builder.imageArgs(), context: "app", tag: "quickstart-app" });

export const name = builder.name;
export const containerName = builder.containerName;
export const endpoint = builder.endpoint;
export const platforms = builder.platforms;
export const imageDigest = image.digest;
