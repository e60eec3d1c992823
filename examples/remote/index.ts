import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();

// The daemon runs already, and requires the certificate of a client. This stack never changes it.
const builder = new buildx.RemoteBuilder("builder", {
    name: "remote",
    endpoint: config.require("daemon"),
    tls: {
        ca: config.require("ca"),
        cert: config.require("cert"),
        key: config.requireSecret("key"), // its text is written to a file that only this user can read
    },
});

export const name = builder.name;
export const status = builder.status;
