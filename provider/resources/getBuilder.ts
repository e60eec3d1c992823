import * as pulumi from "@pulumi/pulumi";
import type { BuilderOutputs } from "./builder/outputs";

/** Arguments of {@link getBuilder}. */
export interface GetBuilderArgs {
    /** The builder's name. */
    name: string;
}

/** Arguments of {@link getBuilderOutput}. */
export interface GetBuilderOutputArgs {
    /** The builder's name. */
    name: pulumi.Input<string>;
}

/** Outputs of a builder that {@link getBuilder} found. */
export type GetBuilderResult = Readonly<BuilderOutputs>;

/**
 * Reads the current outputs of a builder that another stack or a person created. If buildx on this machine has no
 * record of the builder, builds with it fail here. `getBuilder` then logs a warning with the command that writes the
 * record. A builder of the `remote` or `kubernetes` driver has no container: its outputs `containerName`, `dockerEndpoint`, `imageDigest`
 * and `volumeName` are empty. It is `inactive`, with a warning, if its daemon does not respond.
 *
 * ```ts
 * const { platforms, status } = await getBuilder({ name: "ci" });
 * ```
 *
 * @throws {pulumi.RunError} if the name is not valid, the builder is not found, its engine does not respond, or its
 *   driver is none of `docker-container`, `remote` and `kubernetes`.
 */
export async function getBuilder({ name }: GetBuilderArgs): Promise<GetBuilderResult> {
    const { findBuilder } = await import("./findBuilder");
    const { outputs, warning } = await findBuilder(name).catch((error: Error) => {
        throw new pulumi.RunError(error.message);
    });
    if (warning !== undefined) await pulumi.log.warn(warning);
    return outputs;
}

/** Same as {@link getBuilder}, but accepts a name that is an output. */
export function getBuilderOutput({ name }: GetBuilderOutputArgs): pulumi.Output<GetBuilderResult> {
    return pulumi.output(name).apply((known) => getBuilder({ name: known }));
}
