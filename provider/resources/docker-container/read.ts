import type { Call, Created } from "../../bridges/lifecycle";
import { canonicalName } from "../../buildx/names";
import { inspectContainer } from "../../docker/engine/container";
import { ownerOf } from "../../ownership";
import { withRegistries } from "./desired";
import { withFound } from "./drift";
import { findBuilder } from "./findBuilder";
import { connectPrevious } from "./node/connect";
import { addressOf, mayRemoveUnreachable, unreachableNodes } from "./node/engines";
import { registriesOf } from "./node/files";
import { type Connected, type ProgramNode, type RemovedNode } from "./node/node";
import { type ConnectedNodes, observe, type Observed } from "./observe";
import { ownedAsIn } from "./ownership";
import { load, type PreviousBuilder } from "./previous";
import { outputsFound } from "./readOutputs";
import { describedInState, type SavedBuilder } from "./saved";

/**
 * Reads a builder and returns its new state, with the changes that a user made on its engines. Returns `undefined` if
 * nothing is left of the builder on its engines and in buildx's store.
 */
export async function read(
    call: Call,
    id: string,
    props: Partial<SavedBuilder>,
): Promise<Created<SavedBuilder> | undefined> {
    if (props.__owner === undefined) return readForeign(call, id, props);
    const olds = props as SavedBuilder;
    const previous = load(olds);
    const desired = withRegistries(previous.desired, await registriesOf(previous.args));
    const connected = await connectAll({ ...previous, desired });
    const connections = [...connected.nodes, ...connected.removed].map(({ connection }) => connection);
    const errors = connections.filter(({ error }) => error !== undefined);
    if (errors.length === connections.length) {
        const what = "The builder is removed from Pulumi's state";
        if (await mayRemoveUnreachable(call, connections, what)) return undefined;
        throw unreachableNodes(connections);
    }
    const warnOfNode = (node: string, error: Error | undefined) =>
        call.warn(`node ${node} is shown as inactive: ${error?.message}`);
    for (const { node, error } of errors) await warnOfNode(node, error);
    const observed = await observe(desired, connected, ownedAsIn(olds), false);
    if (errors.length === 0 && isGone(observed)) return undefined;
    const nodes = await outputsFound(observed, warnOfNode);
    return { id, saved: withFound({ ...olds, ...describedInState(olds.name, nodes) }, observed) };
}

/** Connects to the engines of all nodes in the state, also of the nodes that could not be deleted. */
async function connectAll({ desired, nodes: previous }: PreviousBuilder): Promise<ConnectedNodes> {
    const nodes = desired.nodes.map(async (node): Promise<Connected<ProgramNode>> => {
        const before = previous.find(({ name }) => name === node.name);
        const connection = await connectPrevious(before === undefined ? node : addressOf(before));
        return { desired: node, previous: before, connection };
    });
    const leftover = previous.filter((node) => node.desired === undefined);
    const removed = leftover.map(async (node): Promise<Connected<RemovedNode>> => {
        return { previous: node, connection: await connectPrevious(addressOf(node)) };
    });
    return { nodes: await Promise.all(nodes), removed: await Promise.all(removed) };
}

/** Whether nothing is left of a builder but the volumes of its `BuildKitState`s. */
const isGone = ({ record, nodes }: Observed): boolean =>
    record.is === "absent" &&
    nodes.every(({ desired, container, volume }) => !container?.isOurs && (desired.isStateVolume || !volume?.isOurs));

/** Reads a builder that is not in Pulumi's state from its engine and buildx's store, for `BuildxBuilder.get`. */
async function readForeign(call: Call, id: string, props: Partial<SavedBuilder>): Promise<Created<SavedBuilder>> {
    const name = canonicalName(id);
    const { outputs, engine, warning } = await findBuilder(name);
    if (warning !== undefined) await call.warn(warning);
    const container = await inspectContainer(engine, outputs.containerName);
    const owner = ownerOf(container?.Config.Labels) ?? { urn: "", store: "" };
    return { id: name, saved: { ...props, ...outputs, __owner: owner } };
}
