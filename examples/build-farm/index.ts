import * as pulumi from "@pulumi/pulumi";
import { Farm } from "./farm";

const config = new pulumi.Config();

const farm = new Farm("farm", {
    name: "build-farm",
    maxUsedSpace: "50GB",
    week: config.require("week"),
    proxy: config.get("proxy") || undefined,
});

export const name = farm.builder.name;
export const archive = farm.archive.location;
