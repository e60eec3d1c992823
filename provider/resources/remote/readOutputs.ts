/** The outputs of the nodes of a builder. */
import { DaemonError } from "../../buildkit/daemon";
import type { Workers } from "../../buildkit/workers";
import { formatPlatforms } from "../../text/platform";
import { queryNode } from "./daemon";
import type { DesiredNode } from "./desired";
import type { RemoteNodeOutputs } from "./outputs";

/**
 * Returns the outputs of a node.
 *
 * @param workers what the daemon reported; `undefined` if it does not respond.
 * @param before the outputs in Pulumi's state.
 */
export const describeNode = (
    { name, address }: Pick<DesiredNode, "name" | "address">,
    workers: Workers | undefined,
    before: RemoteNodeOutputs | undefined,
): RemoteNodeOutputs => ({
    name,
    endpoint: address,
    platforms: workers ? formatPlatforms(workers.platforms) : [...(before?.platforms ?? [])],
    buildkitVersion: workers?.version ?? before?.buildkitVersion ?? "",
    status: workers ? "running" : "inactive",
});

/** The outputs of a node as its daemon reports them now, and why the daemon does not respond. */
export interface FoundNode {
    readonly outputs: RemoteNodeOutputs;
    readonly error?: Error;
}

/** Queries the daemon of a node once. A node whose daemon does not respond is `inactive`, as in buildx. */
export async function findNode(
    node: Pick<DesiredNode, "name" | "address" | "tls">,
    before: RemoteNodeOutputs | undefined,
    signal: AbortSignal = new AbortController().signal,
): Promise<FoundNode> {
    try {
        return { outputs: describeNode(node, await queryNode(node, signal), before) };
    } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof DaemonError)) throw error;
        return { outputs: describeNode(node, undefined, before), error };
    }
}
