import * as pulumi from "@pulumi/pulumi";
import type { TlsArgs } from "./resource";
import type { GetStateArgs, StateUsage } from "./outputs";

export type { GetStateArgs } from "./outputs";

/** Arguments of {@link getStateOutput}. */
export interface GetStateOutputArgs {
    /** The name of the builder that uses the state. */
    builderName: pulumi.Input<string>;
    /** The node of that builder. @default `<builderName>0` */
    node?: pulumi.Input<string>;
    /** The engine that holds the state. @default the engine in buildx's record, else what the docker CLI would use */
    endpoint?: pulumi.Input<string>;
    /** The TLS files for a `tcp://` endpoint: paths or PEM text. @default what the docker CLI would use */
    tls?: TlsArgs;
}

/** The size of a state. */
export type GetStateResult = StateUsage;

/**
 * Returns the current size of a builder's state: as BuildKit reports it, and on disk. If the builder is stopped or was
 * removed, a temporary buildkitd without a network is booted on the volume.
 *
 * ```ts
 * const { usage, sizeOnDisk } = await getState({ builderName: "ci" });
 * ```
 *
 * @throws {RunError} if the state does not exist, if its builder is paused, or if its engine does not answer.
 */
export async function getState(args: GetStateArgs): Promise<GetStateResult> {
    try {
        const { stateUsage } = await import("./usage");
        return await stateUsage(args);
    } catch (error) {
        throw new pulumi.RunError((error as Error).message);
    }
}

/** Returns the same as {@link getState}, and accepts outputs as arguments. */
export const getStateOutput = (args: GetStateOutputArgs): pulumi.Output<GetStateResult> =>
    pulumi.output(args).apply((known) => getState(known as GetStateArgs));
