import * as docker from "@pulumi/docker";
import * as buildx from "pulumi-buildx";

// What runs on this network, such as a package mirror, is reached by its name from every build.
const network = new docker.Network("builds");

const builder = new buildx.BuildxBuilder("builder", { driverOpts: { network: network.name } });

export const name = builder.name;
export const networkName = network.name;
