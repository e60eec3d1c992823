import * as docker from "@pulumi/docker";
import * as buildx from "pulumi-buildx";

// What runs on this network, such as a package mirror, is reached by its name from every build.
const network = new docker.Network("builds");

const builder = new buildx.BuildxBuilder("builder", {
    driverOpts: { network: network.name },
    // The network's own resolver, so that RUN steps find these names. By itself BuildKit gives them public name servers.
    buildkitdConfig: { dns: { nameservers: ["127.0.0.11"] } },
});

export const name = builder.name;
export const networkName = network.name;
