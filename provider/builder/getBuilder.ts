import * as pulumi from "@pulumi/pulumi";
import type { BuilderOutputs } from "./outputs";

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

/** What there is to know of a builder. */
export type GetBuilderResult = Readonly<BuilderOutputs>;

/**
 * Reads a builder that another stack or a person made, as it is now. If buildx on this machine has no record of it, so that
 * builds with it would fail here, a warning says so and how the record is written.
 *
 * ```ts
 * const { platforms, status } = await getBuilder({ name: "ci" });
 * ```
 *
 * @throws where there is no builder of that name, its engine does not answer, or its driver is not `docker-container`.
 */
export async function getBuilder({ name }: GetBuilderArgs): Promise<GetBuilderResult> {
    const [{ canonicalName, whyIllegalName }, { readBuilder, whyNotRead }] = await Promise.all([
        import("../buildx/names"),
        import("./read"),
    ]);
    const illegal = canonicalName(name) === "default" ? whyNotRead("default", "docker") : whyIllegalName(name);
    if (illegal !== undefined) throw new pulumi.RunError(illegal);
    const { outputs, warning } = await readBuilder(canonicalName(name)).catch((error: Error) => {
        throw new pulumi.RunError(error.message);
    });
    if (warning !== undefined) await pulumi.log.warn(warning);
    return outputs;
}

/** As {@link getBuilder}, of a name that is itself an output. */
export function getBuilderOutput({ name }: GetBuilderOutputArgs): pulumi.Output<GetBuilderResult> {
    return pulumi.output(name).apply((known) => getBuilder({ name: known }));
}
