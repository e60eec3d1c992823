import * as docker from "@pulumi/docker";
import * as buildx from "pulumi-buildx";

// Builds can reach containers on this network, for example a package mirror, by name.
const network = new docker.Network("builds");

const builder = new buildx.BuildxBuilder("builder", {
    driverOpts: { network: network.name },
    // The network's own resolver, so that RUN steps find these names. By default, BuildKit uses public name servers.
    buildkitdConfig: { dns: { nameservers: ["127.0.0.11"] } },
});

export const name = builder.name;
export const networkName = network.name;
