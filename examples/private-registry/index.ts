import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();
const registry = config.require("registry"); // for example registry.example:5000
const mirror = config.require("mirror"); // for example mirror.example:5000, or mirror.example/hub

const builder = new buildx.BuildxBuilder("builder", {
    name: "private-registry",
    buildkitdConfig: {
        registry: {
            // The file is copied into the container. The credentials are those of `docker login` on the client.
            [registry]: { ca: config.require("ca") },
            "docker.io": { mirrors: [mirror] },
            // A mirror is a registry itself, with settings under its own host.
            [mirror]: { http: config.getBoolean("plainMirror") ?? false },
        },
    },
});

export const name = builder.name;
