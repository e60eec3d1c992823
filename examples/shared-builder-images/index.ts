import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();
const builders = new pulumi.StackReference(config.require("builderStack"));

// Read only: this stack never changes or removes the builder.
const builder = buildx.BuildxBuilder.get("shared", builders.requireOutput("builderName"));

const image = new dockerBuild.Image("app", {
    ...builder.imageArgs(),
    context: { location: "./app" },
    tags: ["shared-builder-images-app:latest"],
    load: true,
    push: false,
});

export const digest = image.digest;
