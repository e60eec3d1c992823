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

/** By driver, the module that finds a builder of the driver. */
const finders: Readonly<Partial<Record<string, () => Promise<typeof import("./docker-container/findBuilder")>>>> = {
    "docker-container": () => import("./docker-container/findBuilder"),
};

/**
 * Reads the current outputs of a builder that another stack or a person created. If buildx on this machine has no
 * record of the builder, builds with it fail here. `getBuilder` then logs a warning with the command that writes the
 * record.
 *
 * ```ts
 * const { platforms, status } = await getBuilder({ name: "ci" });
 * ```
 *
 * @throws {pulumi.RunError} if the name is not valid, the builder is not found, its engine does not respond, or its
 *   driver is not `docker-container`.
 */
export async function getBuilder({ name }: GetBuilderArgs): Promise<GetBuilderResult> {
    const [{ canonicalName, whyIllegalName }, { otherDriver, whyNotRead }] = await Promise.all([
        import("../buildx/names"),
        import("../buildx/otherDriver"),
    ]);
    const builder = canonicalName(name);
    const illegal = builder === "default" ? whyNotRead(builder, "docker") : whyIllegalName(name);
    if (illegal !== undefined) throw new pulumi.RunError(illegal);
    const driver = (await otherDriver(builder)) ?? "docker-container";
    const finder = finders[driver];
    if (finder === undefined) throw new pulumi.RunError(whyNotRead(builder, driver));
    const { findBuilder } = await finder();
    const { outputs, warning } = await findBuilder(builder).catch((error: Error) => {
        throw new pulumi.RunError(error.message);
    });
    if (warning !== undefined) await pulumi.log.warn(warning);
    return outputs;
}

/** Same as {@link getBuilder}, but accepts a name that is an output. */
export function getBuilderOutput({ name }: GetBuilderOutputArgs): pulumi.Output<GetBuilderResult> {
    return pulumi.output(name).apply((known) => getBuilder({ name: known }));
}
