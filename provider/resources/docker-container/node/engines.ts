/** The engines of a builder's nodes: engines of saved nodes, unreachable engines, and what to wait for or warn of. */
import { waitForCopy } from "../../../transfer/waitForCopy";
import type { Call } from "../../../bridges/lifecycle";
import { containerName, volumeName } from "../../../buildx/names";
import { type Engine, UnreachableError } from "../../../docker/engine/engine";
import { warnOfPodman } from "../../../docker/engine/podman";
import type { DesiredNode } from "../desired";
import type { PreviousNode } from "../previous";
import { findLeftNode, type NodeAddress, type NodeConnection } from "./connect";

/** Returns the recorded endpoint of a node without an endpoint, if the docker CLI now uses another engine. */
export async function leftAt(desired: DesiredNode, previous: PreviousNode | undefined): Promise<string | undefined> {
    if (previous === undefined || previous.endpoint !== undefined || desired.endpoint !== undefined) return undefined;
    return (await findLeftNode(addressOf(previous)))?.location.stored;
}

/** Returns the address of a saved node. */
export const addressOf = ({ name, endpoint, tls, stored }: PreviousNode): NodeAddress => ({
    name,
    endpoint,
    tls,
    recorded: stored,
});

/**
 * Whether the stack's configuration allows removing nodes on unreachable engines from Pulumi's state. If it does, logs
 * a warning for each node with the container and the volume that may be left there.
 */
export async function mayRemoveUnreachable(
    call: Call,
    connections: readonly NodeConnection[],
    what: string,
): Promise<boolean> {
    if (connections.length === 0 || !(await call.deletesUnreachable())) return false;
    for (const { node, error } of connections) {
        const left = `container ${containerName(node)} and volume ${volumeName(node)}`;
        await call.warn(`${error?.message}. ${what}, and ${left} may be left there`);
    }
    return true;
}

/** Returns an error with the reason why each node is unreachable, with the node's name if there are several nodes. */
export function unreachableNodes(connections: readonly NodeConnection[]): Error {
    const errors = connections.flatMap(({ node, error }) => (error ? [{ node, error }] : []));
    const [first] = errors;
    if (connections.length === 1 && first) return first.error;
    return new UnreachableError(errors.map(({ node, error }) => `node ${node}: ${error.message}`).join("\n"));
}

/** Waits until no other process copies the state of a node. A copy stops the builder and starts it again. */
export const waitForCopies = ({ report, signal }: Call, connections: readonly NodeConnection[]): Promise<void> =>
    onEachEngine(connections, (engine, node) => waitForCopy({ engine, volume: volumeName(node), report, signal }));

export const warnOfPodmanAt = ({ warn }: Call, connections: readonly NodeConnection[]): Promise<void> =>
    onEachEngine(connections, (engine) => warnOfPodman(engine, warn));

/**
 * Runs some work with each engine. An engine that went away after it responded is left out: the observation of its node
 * finds that it is unreachable, and the other nodes are changed.
 */
async function onEachEngine(
    connections: readonly NodeConnection[],
    work: (engine: Engine, node: string) => Promise<unknown>,
): Promise<void> {
    const each = async ({ engine, node }: NodeConnection): Promise<void> => {
        if (engine === undefined) return;
        await work(engine, node).catch((error: unknown) => {
            if (!(error instanceof UnreachableError)) throw error;
        });
    };
    await Promise.all(connections.map(each));
}
