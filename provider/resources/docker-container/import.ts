/** Imports a builder that buildx or another resource created. */
import type { Call, Imported } from "../../bridges/lifecycle";
import { canonicalName, nodeName } from "../../buildx/names";
import { whyUnreadableName } from "../../buildx/otherDriver";
import { readRecord, type StoredNode, storeIdentifier } from "../../buildx/store";
import { inspectContainer } from "../../docker/engine/container";
import type { Owner } from "../../ownership";
import type { BuilderInputs } from "./args";
import { desiredBuilder } from "./desired";
import { withFound } from "./drift";
import { findBuilder, type ReadBuilder } from "./findBuilder";
import { argumentsOfRecord, type RecordedNode } from "./importedArgs";
import { connectNode, locateNode } from "./node/connect";
import { unreachableNodes } from "./node/engines";
import { filesInContainer, filesOf } from "./node/files";
import { observe } from "./observe";
import { ownershipOf } from "./ownership";
import { outputsFound } from "./readOutputs";
import { fromStoredDriverOptions, fromStoredFiles } from "./record";
import { type SavedBuilder, savedArguments, toSaved } from "./saved";

/**
 * Returns a builder with the arguments that describe it. buildx's record has the arguments of `docker buildx create`. An
 * argument in which a container differs from the record has the container's value.
 *
 * If a resource created the builder, it keeps that owner. Otherwise the builder is adopted.
 *
 * @throws {Error} if the builder is not found, one of its engines does not respond, or it has another driver.
 */
export async function importBuilder(call: Call, id: string): Promise<Imported<BuilderInputs, SavedBuilder>> {
    const name = canonicalName(id);
    const illegal = whyUnreadableName(id);
    if (illegal !== undefined) throw new Error(illegal);
    const found = await findBuilder(name);
    if (found.warning !== undefined) await call.warn(found.warning);
    const record = await readRecord(name);
    const recorded =
        record.is === "present"
            ? await Promise.all(record.nodeGroup.Nodes.map((node) => recordedNode(node, call)))
            : [await nodeWithoutRecord(name, found)];
    const { args, fileNames } = await argumentsOfRecord(name, recorded);
    const self: Owner = { urn: call.urn, store: await storeIdentifier() };
    const desired = desiredBuilder(args, self, await filesOf(args, fileNames));
    const nodes = await Promise.all(
        desired.nodes.map(async (node) => ({
            desired: node,
            previous: undefined,
            connection: await connectNode(node),
        })),
    );
    const unreachable = nodes.filter(({ connection }) => connection.error !== undefined);
    if (unreachable.length > 0) throw unreachableNodes(unreachable.map(({ connection }) => connection));
    const observed = await observe(desired, { nodes, removed: [] }, () => true, false);
    const ownership = ownershipOf(desired, observed);
    const asRecorded = toSaved(args, ownership, desired, await outputsFound(observed));
    // No program has other arguments yet, and the next refresh reports a newer image.
    const { __drifted: _, __imageMoved: __, ...saved } = withFound(asRecorded, observed);
    return { id: name, saved, args: savedArguments(saved) };
}

async function recordedNode(node: StoredNode, call: Call): Promise<RecordedNode> {
    const { options, unsupported } = fromStoredDriverOptions(node.DriverOpts);
    if (unsupported.length > 0) {
        await call.warn(
            `node ${node.Name} has driver options that this package does not support: ${unsupported.join(", ")}. ` +
                "The next change of the builder removes them from buildx's record",
        );
    }
    return {
        name: node.Name,
        endpoint: (await isDefaultEndpoint(node)) ? undefined : node.Endpoint,
        platforms: node.Platforms ?? [],
        options,
        flags: node.Flags ?? [],
        files: fromStoredFiles(node.Files),
    };
}

/** Whether a node without an endpoint has the same engine. */
async function isDefaultEndpoint({ Name: name, Endpoint: endpoint }: StoredNode): Promise<boolean> {
    const location = await locateNode({ name }).catch(() => undefined);
    return location?.stored === endpoint;
}

/** Returns the node of a builder without a record. Its arguments are in the container alone. */
async function nodeWithoutRecord(name: string, { engine, outputs }: ReadBuilder): Promise<RecordedNode> {
    const container = await inspectContainer(engine, outputs.containerName);
    const files = container === undefined ? {} : await filesInContainer(engine, container);
    return { name: nodeName(name, 0), endpoint: undefined, platforms: [], options: {}, flags: [], files };
}
