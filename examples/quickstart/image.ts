import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";

/** The inputs of `docker buildx build`. */
export interface ImageInputs {
    builder: { name: string };
    platforms: string[];
    /** The folder with the Dockerfile. */
    context: string;
    tag: string;
}

/**
 * A replacement for the `Image` of `@pulumi/docker-build` that needs no plugin: it runs `docker buildx build` with the
 * given builder.
 */
export class Image extends pulumi.dynamic.Resource {
    /** The digest of the image. */
    declare readonly digest: pulumi.Output<string>;

    constructor(name: string, args: pulumi.Inputs, opts?: pulumi.CustomResourceOptions) {
        super(provider, name, { ...args, digest: undefined }, opts);
    }
}

async function build({ builder, platforms, context, tag }: ImageInputs): Promise<{ digest: string }> {
    const args = ["buildx", "build", "--builder", builder.name, "--platform", platforms.join(",")];
    await promisify(execFile)("docker", [...args, "--load", "--tag", tag, context]);
    const { stdout } = await promisify(execFile)("docker", ["image", "inspect", "--format", "{{.Id}}", tag]);
    return { digest: stdout.trim() };
}

const provider: pulumi.dynamic.ResourceProvider<ImageInputs> = {
    create: async (inputs) => ({ id: inputs.tag, outs: { ...inputs, ...(await build(inputs)) } }),
    update: async (_id, _olds, inputs) => ({ outs: { ...inputs, ...(await build(inputs)) } }),
    delete: async (id) => {
        await promisify(execFile)("docker", ["image", "rm", id]);
    },
};
