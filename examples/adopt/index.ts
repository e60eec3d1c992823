import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();

// Uses the volume of the existing builder, with its content. `pulumi destroy` leaves the volume.
const cache = new buildx.BuildKitState("cache", { builderName: "adopt" });

// Takes over the container and Buildx's record. What equals the program stays as it is, and keeps running.
const builder = new buildx.BuildxBuilder("builder", { state: cache, adopt: config.getBoolean("adopt") ?? true });

export const name = builder.name;
export const adopted = cache.adopted;
