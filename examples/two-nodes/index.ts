import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();

// Each node has its own engine: `pulumi config set arm64 ssh://ci@arm-host`. A build for both platforms runs on both.
const builder = new buildx.BuildxBuilder("builder", {
    name: "two-nodes",
    driverOpts: { restartPolicy: "always" }, // for both nodes
    nodes: [
        { endpoint: config.get("amd64") ?? "unix:///var/run/docker.sock", platforms: ["linux/amd64"] },
        { endpoint: config.require("arm64"), platforms: ["linux/arm64"] },
    ],
});

export const name = builder.name;
export const nodes = builder.nodes.apply((made) => made.map((node) => ({ name: node.name, on: node.dockerEndpoint })));
