import { whyNotFound } from "../builder/notFound";
import { listRecords, readRecord, type StoredNode, storeFolder } from "../../buildx/store";
import type { BuilderOutputs } from "../builder/outputs";
import type { RemoteTlsArguments } from "./args";
import { type RemoteBuilderOutputs, remoteOutputs } from "./outputs";
import { findNode, type FoundNode } from "./readOutputs";

/** A builder that was found by its name. */
export interface FoundRemote {
    readonly outputs: RemoteBuilderOutputs;
    readonly nodes: readonly StoredNode[];
    /** Why builds with the builder fail, and what to do. `undefined` if all daemons respond. */
    readonly warning: string | undefined;
}

/**
 * Reads a builder of the `remote` driver that is not in Pulumi's state.
 *
 * @param name in lower case.
 * @throws {Error} if buildx's store has no record of the builder, or the record cannot be read.
 */
export async function findRemote(name: string, signal?: AbortSignal): Promise<FoundRemote> {
    const record = await readRecord(name);
    if (record.is === "absent") throw new Error(whyNotFound(name, await listRecords(), storeFolder()));
    if (record.is === "unreadable")
        throw new Error(`buildx's record of builder "${name}" cannot be read: ${record.why}. Remove the file`);
    const { Nodes: nodes } = record.nodeGroup;
    const found = await Promise.all(nodes.map((node) => findNode(placeOf(node), undefined, signal)));
    const [first] = found;
    if (first === undefined)
        throw new Error(`builder "${name}" has no nodes. Remove it with: docker buildx rm ${name}`);
    const outputs = remoteOutputs(
        name,
        found.map((each) => each.outputs),
    );
    return { outputs, nodes, warning: warningOf(found) };
}

const warningOf = (found: readonly FoundNode[]): string | undefined => {
    const reasons = found.flatMap(({ error }) => (error === undefined ? [] : [error.message]));
    return reasons.length === 0 ? undefined : reasons.join("\n");
};

const placeOf = ({ Name: name, Endpoint: address, DriverOpts: options }: StoredNode) => ({
    name,
    address,
    tls: tlsInRecord(options),
});

/** Returns the certificates in a record, as their paths. */
export function tlsInRecord(options: StoredNode["DriverOpts"]): RemoteTlsArguments | undefined {
    const { cacert, cert, key, servername } = options ?? {};
    const tls = {
        ...(cacert !== undefined && { ca: cacert }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(servername !== undefined && { serverName: servername }),
    };
    return Object.keys(tls).length === 0 ? undefined : tls;
}

/** Finds a builder for `getBuilder`. What only a builder in a container has is empty. */
export async function findBuilder(name: string): Promise<{ outputs: BuilderOutputs; warning: string | undefined }> {
    const { outputs, warning } = await findRemote(name);
    const none = { containerName: "", dockerEndpoint: "" };
    const nodes = outputs.nodes.map((node) => ({ ...node, ...none, imageDigest: "", volumeName: "" }));
    return { outputs: { ...outputs, ...none, nodes }, warning };
}
