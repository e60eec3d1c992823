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
 * Reads a builder that another stack or a person made, as it is now.
 *
 * ```ts
 * const { platforms, status } = await getBuilder({ name: "ci" });
 * ```
 *
 * @throws where there is no builder of that name, or its engine does not answer.
 */
export async function getBuilder({ name }: GetBuilderArgs): Promise<GetBuilderResult> {
    const [{ canonicalName, whyIllegalName }, { readBuilder }] = await Promise.all([
        import("../buildx/names"),
        import("./read"),
    ]);
    const illegal = whyIllegalName(name);
    if (illegal !== undefined) throw new pulumi.RunError(illegal);
    try {
        return (await readBuilder(canonicalName(name))).outputs;
    } catch (error) {
        throw new pulumi.RunError((error as Error).message);
    }
}

/** As {@link getBuilder}, of a name that is itself an output. */
export function getBuilderOutput({ name }: GetBuilderOutputArgs): pulumi.Output<GetBuilderResult> {
    return pulumi.output(name).apply((known) => getBuilder({ name: known }));
}
