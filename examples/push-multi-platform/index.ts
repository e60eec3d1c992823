import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();
const registry = config.require("registry");
const [address = registry] = registry.split("/");

const platforms = ["linux/amd64", "linux/arm64"] as const;
const name = "push-multi-platform";

const qemu = new buildx.QemuEmulation("qemu", { platforms: [...platforms] });
const builder = new buildx.BuildxBuilder("builder", { name, requirePlatforms: [...platforms] }, { dependsOn: [qemu] });

// One tag for both platforms. The cache goes to the registry, too, for runners that do not last.
const image = new dockerBuild.Image("app", {
    ...builder.imageArgs(platforms),
    context: { location: "./app" },
    registries: [{ address, username: config.require("username"), password: config.requireSecret("password") }],
    cacheFrom: [{ registry: { ref: `${registry}/app:cache` } }],
    cacheTo: [{ registry: { ref: `${registry}/app:cache`, imageManifest: true, ociMediaTypes: true } }],
    tags: [`${registry}/app:latest`],
    push: true,
});

export const digest = image.digest;
