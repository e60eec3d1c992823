import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";
import { Image } from "quickstart/image";

const config = new pulumi.Config();

// The stack of the example shared-builder: `pulumi config set builderStack organization/shared-builder/dev`.
const builders = new pulumi.StackReference(config.require("builderStack"));

// Read only: this stack never changes or removes the builder.
const builder = buildx.BuildxBuilder.get("shared", builders.requireOutput("builderName"));

const image = new Image("app", { ...builder.imageArgs(), context: "app", tag: "shared-builder-images-app" });

export const digest = image.digest;
