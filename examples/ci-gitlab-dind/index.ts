import * as dockerBuild from "@pulumi/docker-build";
import * as buildx from "pulumi-buildx";

const cache = new buildx.BuildKitState("cache", { builderName: "ci-gitlab-dind" });
const builder = new buildx.BuildxBuilder("builder", { state: cache });

const image = new dockerBuild.Image("app", {
    ...builder.imageArgs(),
    context: { location: "./app" },
    tags: ["ci-gitlab-dind-app:latest"],
    load: true,
    push: false,
});

export const name = builder.name;
export const digest = image.digest;
