/** The location of a node, and the connection to its engine. */
import type { StoredNode } from "../../../buildx/store";
import { isContext, type DockerContext, readContext } from "../../../docker/endpoint/context";
import { type Endpoint, findEndpoint, recordedEndpoint } from "../../../docker/endpoint/endpoint";
import { connect, type Engine, type Patience, UnreachableError } from "../../../docker/engine/engine";
import { findLeftBehind } from "../../../docker/engine/leftBehind";
import { inspectContainer } from "../../../docker/engine/container";
import type { TlsArguments } from "../../../docker/endpoint/tls";
import { inspectVolume } from "../../../docker/engine/volume";
import { containerName, volumeName } from "../../../buildx/names";

/** The location of a node, as known before its engine is queried. */
export interface NodeLocation {
    readonly node: string;
    readonly endpoint: Endpoint;
    /** The endpoint in buildx's record: the name of a docker context, or a host. */
    readonly stored: string;
}

/** A location whose engine responds, or the error if it does not. */
export type NodeConnection = { readonly node: string } & (
    | { readonly location: NodeLocation; readonly engine: Engine; readonly error?: undefined }
    | { readonly location?: undefined; readonly engine?: undefined; readonly error: Error }
);

/** The arguments and saved values by which a location is found. */
export interface NodeAddress {
    /** Name of the node. */
    readonly name: string;
    readonly endpoint?: string | undefined;
    readonly tls?: TlsArguments | undefined;
    /**
     * The endpoint in the record. It is used if `endpoint` is not set or no longer found. Empty if the engine was never
     * reached.
     */
    readonly recorded?: string | undefined;
}

/**
 * Returns the location of a node.
 *
 * @throws {Error} if docker has no such context, or a certificate cannot be read. The recorded endpoint is used instead
 *   if there is one.
 */
export async function locateNode({ name, endpoint: asked, tls, recorded }: NodeAddress): Promise<NodeLocation> {
    const endpoint = await findEndpoint(asked, tls).catch((error: unknown) => {
        if (!recorded) throw error;
        return recordedEndpoint(recorded);
    });
    return { node: name, endpoint, stored: storedAs(name, endpoint) };
}

/**
 * Connects to the engine of a node. If the engine is unreachable, the error is stored with the node.
 *
 * @param patience how long to wait for an engine that may be starting.
 */
export async function connectNode(address: NodeAddress, patience?: Patience): Promise<NodeConnection> {
    const { name: node } = address;
    try {
        const location = await locateNode(address);
        return { node, location, engine: await connect(location.endpoint, patience) };
    } catch (error) {
        return { node, error: asUnreachable(error as Error) };
    }
}

/**
 * Returns the error as an {@link UnreachableError}. An engine whose context or certificate is missing counts as
 * unreachable, like an engine that does not respond.
 */
const asUnreachable = (error: Error): UnreachableError =>
    error instanceof UnreachableError ? error : new UnreachableError(error.message, { cause: error });

/**
 * Connects to the engine of a node of an existing builder, as {@link connectNode} does. A node without an endpoint stays
 * on the engine where it was left, even if the docker CLI now uses another engine.
 */
export async function connectPrevious(address: NodeAddress): Promise<NodeConnection> {
    const [connection, left] = await Promise.all([connectNode(address), findLeftNode(address)]);
    return left ?? connection;
}

/** Returns the connection to the engine where a node was left, if the docker CLI now uses another engine; otherwise `undefined`. */
export async function findLeftNode(
    address: NodeAddress,
): Promise<Extract<NodeConnection, { engine: Engine }> | undefined> {
    const { name: node } = address;
    const isThere = async (engine: Engine) => {
        const found = await Promise.all([
            inspectContainer(engine, containerName(node)),
            inspectVolume(engine, volumeName(node)),
        ]);
        return found.some((each) => each !== undefined);
    };
    const engine = await findLeftBehind(address, (endpoint) => storedAs(node, endpoint), isThere);
    if (engine === undefined) return undefined;
    return { node, location: { node, endpoint: engine.endpoint, stored: address.recorded ?? "" }, engine };
}

/**
 * Returns the endpoint that buildx stores (buildx: `builder.validateEndpoint`). buildx reads certificates only from a
 * context (docker/buildx#413). An endpoint with TLS that is in no context therefore gets its own context.
 */
function storedAs(node: string, { host, tls, context }: Endpoint): StoredNode["Endpoint"] {
    return context ?? (tls === undefined ? host : ownContextName(node));
}

const ownContextName = (node: string) => `pulumi-buildx-${node}`;

/** Returns the docker context that a location needs and that this package must create; `undefined` if it needs none. */
export function ownContext(
    { node, endpoint: { host, tls, context }, stored }: NodeLocation,
    urn: string,
): OwnContext | undefined {
    if (context !== undefined || tls === undefined) return undefined;
    const metadata = { Description: `node ${node} of a builder that Pulumi manages`, [urnKey]: urn };
    return { name: stored, content: { host, tls, metadata } };
}

export interface OwnContext {
    readonly name: string;
    readonly content: DockerContext;
}

const urnKey = "io.github.pulumi-buildx.urn";

export type ContextStatus = "absent" | "same" | "differs" | "foreign";

/** Returns how the existing docker context of that name compares with the needed context. */
export async function statusOfContext({ name, content }: OwnContext): Promise<ContextStatus> {
    if (!isContext(name)) return "absent";
    const found = await readContext(name).catch(() => undefined);
    if (found !== undefined && found.metadata[urnKey] !== content.metadata[urnKey]) return "foreign";
    const shown = (of: DockerContext) =>
        JSON.stringify([of.host, of.tls?.ca, of.tls?.cert, of.tls?.key, of.tls?.skipVerify]);
    return found !== undefined && shown(found) === shown(content) ? "same" : "differs";
}

/** Returns the name of the docker context that this package created for a node; `undefined` if there is none. */
export async function ownContextOf(node: string, urn: string): Promise<string | undefined> {
    const name = ownContextName(node);
    return (await readContext(name).catch(() => undefined))?.metadata[urnKey] === urn ? name : undefined;
}
