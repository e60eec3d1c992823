import * as pulumi from "@pulumi/pulumi";
import type { TlsArgs } from "./resource";
import type { StateUsage } from "./usage";

/** Arguments of {@link getState}. */
export interface GetStateArgs {
    /** The builder that works on the state. */
    builderName: string;
    /** The node of that builder. Default: `<builderName>0`. */
    node?: string;
    /** The engine that holds the state. Default: the one in buildx's record, else what the docker CLI would use. */
    endpoint?: string;
    /** What to connect with to a `tcp://` endpoint: paths or PEM text. */
    tls?: { ca?: string; cert?: string; key?: string };
}

/** Arguments of {@link getStateOutput}. */
export interface GetStateOutputArgs {
    builderName: pulumi.Input<string>;
    node?: pulumi.Input<string>;
    endpoint?: pulumi.Input<string>;
    tls?: TlsArgs;
}

/** How big a state is. */
export type GetStateResult = StateUsage;

/**
 * How big the state of a builder is at the moment: by BuildKit's own account, and on disk. Also of a builder that is
 * stopped or gone, for which a buildkitd without network is booted on the volume for a moment.
 *
 * ```ts
 * const { usage, sizeOnDisk } = await getState({ builderName: "ci" });
 * ```
 *
 * @throws where there is no such state, or its engine does not answer.
 */
export async function getState(args: GetStateArgs): Promise<GetStateResult> {
    try {
        const { stateUsage } = await import("./usage");
        return await stateUsage(args);
    } catch (error) {
        throw new pulumi.RunError((error as Error).message);
    }
}

/** As {@link getState}, of arguments that are themselves outputs. */
export const getStateOutput = (args: GetStateOutputArgs): pulumi.Output<GetStateResult> =>
    pulumi.output(args).apply((known) => getState(known as GetStateArgs));
