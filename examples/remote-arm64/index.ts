import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();

// The address of a machine with Docker. In your program it is an output of the machine, for example
// pulumi.interpolate`ssh://ubuntu@${instance.publicIp}`. Its host key has to be in ~/.ssh/known_hosts.
const endpoint = pulumi.interpolate`ssh://${config.require("address")}`;

// The cache is on the machine, and goes with it.
const cache = new buildx.BuildKitState("cache", { builderName: "remote-arm64", node: "remote-arm64-arm", endpoint });

// Builds for arm64 run on the machine, all others here. Because `endpoint` is an output, the creation waits for a
// machine that is just starting. If the machine is replaced, only its node is created again.
const builder = new buildx.BuildxBuilder("builder", {
    name: "remote-arm64",
    bootTimeout: 180,
    nodes: [
        { endpoint: "unix:///var/run/docker.sock", platforms: ["linux/amd64"] },
        { state: cache, platforms: ["linux/arm64"] },
    ],
});

export const name = builder.name;
export const nodes = builder.nodes.apply((all) => all.map(({ name: node, status }) => `${node}: ${status}`));
