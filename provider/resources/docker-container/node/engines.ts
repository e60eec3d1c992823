/** The engines of a builder's nodes: finds the engine of a saved node, and handles unreachable engines. */
import { waitForCopy } from "../../../transfer/waitForCopy";
import type { Call } from "../../../bridges/lifecycle";
import { containerName, volumeName } from "../../../buildx/names";
import { UnreachableError } from "../../../docker/engine/engine";
import { warnOfPodman } from "../../../docker/engine/podman";
import type { DesiredBuilder, DesiredNode } from "../desired";
import type { PreviousBuilder, PreviousNode } from "../observe";
import { type NodeAddress, leftBehind, type NodeConnection } from "./connect";

/** Returns, for each node without an endpoint, the engine that it is on if the docker CLI now uses another engine. */
export const leftPlaces = ({ nodes }: DesiredBuilder, before: PreviousBuilder): Promise<(string | undefined)[]> =>
    Promise.all(
        nodes.map(async ({ name, endpoint }) => {
            const node = before.nodes.find((each) => each.name === name && each.endpoint === undefined);
            if (node === undefined || endpoint !== undefined) return undefined;
            return (await leftBehind(addressOf(node)))?.location.stored;
        }),
    );

/** Returns the address of a saved node. */
export const addressOf = ({ name, endpoint, tls, stored }: PreviousNode): NodeAddress => ({
    name,
    endpoint,
    tls,
    recorded: stored,
});

/** Returns the address of a saved node, or the address in the program if the node is new. */
export const addressIn = (before: PreviousBuilder, node: DesiredNode): NodeAddress => {
    const found = before.nodes.find(({ name }) => name === node.name);
    return found ? addressOf(found) : node;
};

/** Whether the engine of a node was ever reached. If not, nothing of the builder is on that engine. */
export const isReached =
    ({ nodes }: PreviousBuilder) =>
    ({ node }: { readonly node: string }): boolean =>
        nodes.some(({ name, stored }) => name === node && stored !== "");

/**
 * Whether the stack's configuration allows removing nodes on unreachable engines from Pulumi's state. If it does, logs
 * a warning for each node with the container and the volume that may be left there.
 */
export async function mayDropUnreachable(call: Call, sites: readonly NodeConnection[], what: string): Promise<boolean> {
    if (sites.length === 0 || !(await call.deletesUnreachable())) return false;
    for (const { node, error } of sites) {
        const left = `container ${containerName(node)} and volume ${volumeName(node)}`;
        await call.warn(`${error?.message}. ${what}; ${left} may be left there`);
    }
    return true;
}

/** Returns an error with the reason why each node is unreachable, with the node's name if there are several nodes. */
export function unreachableNodes(sites: readonly NodeConnection[]): Error {
    const errors = sites.flatMap(({ node, error }) => (error ? [{ node, error }] : []));
    const [first] = errors;
    if (sites.length === 1 && first) return first.error;
    return new UnreachableError(errors.map(({ node, error }) => `node ${node}: ${error.message}`).join("\n"));
}

/** Waits until no other process copies the state of a node. A copy stops the builder and starts it again. */
export async function waitForCopies({ report, signal }: Call, sites: readonly NodeConnection[]): Promise<void> {
    const each = async ({ engine, node }: NodeConnection) =>
        engine && (await waitForCopy({ engine, volume: volumeName(node), report, signal }));
    await Promise.all(sites.map(each));
}

export async function warnOfPodmanAt({ warn }: Call, sites: readonly NodeConnection[]): Promise<void> {
    const each = async ({ engine }: NodeConnection) => engine && (await warnOfPodman(engine, warn));
    await Promise.all(sites.map(each));
}
