import * as dockerBuild from "@pulumi/docker-build";
import * as buildx from "pulumi-buildx";

const state = new buildx.BuildKitState("cache", { builderName: "docker-build" });

const builder = new buildx.BuildxBuilder("builder", { state, driverOpts: { memory: "2g" } });

const image = new dockerBuild.Image("app", {
    ...builder.imageArgs(["linux/amd64"]), // `builder` and `platforms`
    context: { location: "./app" },
    tags: ["docker-build-app"],
    load: true,
    push: false,
});

export const name = builder.name;
export const ref = image.ref;
