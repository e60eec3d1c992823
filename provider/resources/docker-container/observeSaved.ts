import type { BuilderRecord } from "../../buildx/store";
import { observeChoice } from "../builder/choice";
import type { DesiredBuilder, DesiredNode } from "./desired";
import { leftAt } from "./node/engines";
import { locateNode } from "./node/connect";
import { type ProgramNode, removedNodes } from "./node/node";
import { contextOf, type ObservedContainer, type ObservedNode } from "./node/observeNode";
import type { Observed, ObservedRemovedNode } from "./observe";
import type { PreviousBuilder, PreviousNode } from "./previous";
import { withSameFiles } from "./record";

/** Returns the builder as it was when Pulumi saved it, so that `plan` runs without querying an engine. */
export async function observeSaved(
    previous: PreviousBuilder,
    desired: DesiredBuilder,
    record: BuilderRecord,
): Promise<Observed> {
    const [nodes, choice] = await Promise.all([
        Promise.all(desired.nodes.map((node) => savedNode(node, previous))),
        observeChoice(previous.name),
    ]);
    return {
        record: await withSameFiles(record, desired),
        isContext: false,
        choice,
        nodes,
        removed: removedNodes(previous.nodes, nodes).map(savedLeftovers),
    };
}

async function savedNode(desired: DesiredNode, builder: PreviousBuilder): Promise<ObservedNode> {
    const previous = builder.nodes.find(({ name }) => name === desired.name);
    const [location, left] = await Promise.all([locateNode(desired), leftAt(desired, previous)]);
    const node: ProgramNode = { desired, previous, leftAt: left };
    return {
        ...node,
        stored: location.stored,
        host: location.endpoint.host,
        engine: {},
        context: await contextOf(location, builder.desired.owner.urn),
        container: previous && savedContainer(previous, builder),
        volume: { isOurs: true },
        hasImage: true,
        hasNetwork: true,
    };
}

function savedContainer(previous: PreviousNode, builder: PreviousBuilder): ObservedContainer | undefined {
    const { desired, described, imageMoved } = previous;
    const { outputs, startedAt = "" } = described;
    if (desired === undefined || outputs.status === "inactive") return undefined;
    return {
        isOurs: true,
        owner: builder.desired.owner,
        isRunning: outputs.status === "running",
        hasAnswered: outputs.status === "running",
        startedAt,
        imageMoved,
        imageDigest: outputs.imageDigest,
        platforms: outputs.platforms,
        settings: desired.settings,
    };
}

const savedLeftovers = (previous: PreviousNode): ObservedRemovedNode => ({
    previous,
    name: previous.name,
    engineId: undefined,
    container: previous.name,
    volume: previous.name,
    hasContainer: true,
    containerIsOurs: true,
    isRunning: true,
    hasNext: false,
    volumeIsOurs: true,
    isStateVolume: previous.isStateVolume,
    context: undefined,
    stays: false,
});
