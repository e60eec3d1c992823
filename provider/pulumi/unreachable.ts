import type { ConfigureRequest } from "@pulumi/pulumi/dynamic";
import { UnreachableError } from "../docker/engine";

let config: ConfigureRequest["config"] | undefined;

/** Keeps the stack's configuration, which Pulumi gives a provider before it calls anything else. */
export async function configure(request: ConfigureRequest): Promise<void> {
    config = request.config;
}

/**
 * Whether the removal of a resource goes on when its engine cannot be reached: the stack's configuration
 * `buildx:deleteUnreachable` or the environment's `PULUMI_BUILDX_DELETE_UNREACHABLE`, as Pulumi's Kubernetes provider
 * has it. Default: no.
 */
export function deletesUnreachable(): boolean {
    const setting = config?.get("buildx:deleteUnreachable") ?? process.env.PULUMI_BUILDX_DELETE_UNREACHABLE ?? "";
    return ["1", "t", "true"].includes(setting.toLowerCase());
}

/** The failure of a removal, with what can be done where the engine is gone for good. */
export function withAdvice(error: unknown): unknown {
    if (!(error instanceof UnreachableError)) return error;
    const advice = "Where it is gone for good, this lets go of it: pulumi config set buildx:deleteUnreachable true";
    return new UnreachableError(`${error.message}. ${advice}`, { cause: error });
}
