/** Where the nodes of a builder are: each on an engine of its own. */
import type { StoredNode } from "../buildx/store";
import { isContext, type DockerContext, readContext } from "../docker/context";
import { type Endpoint, findEndpoint, recordedEndpoint } from "../docker/endpoint";
import { connect, type Engine, type Patience, UnreachableError } from "../docker/engine";
import { findLeftBehind } from "../docker/leftBehind";
import { inspectContainer } from "../docker/container";
import type { TlsArguments } from "../docker/tls";
import { inspectVolume } from "../docker/volume";
import { containerName, volumeName } from "../buildx/names";

/** What is known of a node's place before its engine is asked. */
export interface Place {
    readonly node: string;
    readonly endpoint: Endpoint;
    /** What buildx's record says of it: a docker context's name, or a host. */
    readonly stored: string;
}

/** A place whose engine answers, or why it does not. */
export type Site = { readonly node: string } & (
    | { readonly place: Place; readonly engine: Engine; readonly trouble?: undefined }
    | { readonly place?: undefined; readonly engine?: undefined; readonly trouble: Error }
);

/** What a place is found by. */
export interface Address {
    /** The node's name. */
    readonly name: string;
    readonly endpoint?: string | undefined;
    readonly tls?: TlsArguments | undefined;
    /**
     * What the record has of it: where it is if no `endpoint` was asked for, or if that cannot be found any more. Empty if
     * its engine was never reached.
     */
    readonly recorded?: string | undefined;
}

/** @throws where docker has no such context, or a certificate cannot be read. */
export async function locate({ name, endpoint: asked, tls, recorded }: Address): Promise<Place> {
    const endpoint = await findEndpoint(asked, tls).catch((error: unknown) => {
        if (!recorded) throw error;
        return recordedEndpoint(recorded);
    });
    return { node: name, endpoint, stored: storedAs(name, endpoint) };
}

/**
 * Where each node is, with a connection to its engine; one that cannot be reached stands in no other's way.
 *
 * @param patience how long engines that may be just starting are waited for.
 */
export const reach = (addresses: readonly Address[], patience?: Patience): Promise<Site[]> =>
    Promise.all(
        addresses.map(async (address): Promise<Site> => {
            const { name: node } = address;
            try {
                const place = await locate(address);
                return { node, place, engine: await connect(place.endpoint, patience) };
            } catch (error) {
                return { node, trouble: asUnreachable(error as Error) };
            }
        }),
    );

/** An engine that cannot be found, since its context or certificate is gone, is as far away as one that does not answer. */
const asUnreachable = (error: Error): UnreachableError =>
    error instanceof UnreachableError ? error : new UnreachableError(error.message, { cause: error });

/**
 * Where the nodes of a builder are that exists: each on the engine that was asked for. A node that was asked for without an
 * endpoint is where it was left, also when the docker CLI would use another engine by now.
 */
export const reachKnown = async (addresses: readonly Address[]): Promise<Site[]> => {
    const [sites, left] = await Promise.all([reach(addresses), Promise.all(addresses.map(leftBehind))]);
    return sites.map((site, index) => left[index] ?? site);
};

/** The place where a node was left that the docker CLI would look for on another engine by now; `undefined` for none. */
export async function leftBehind(address: Address): Promise<Extract<Site, { engine: Engine }> | undefined> {
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
    return { node, place: { node, endpoint: engine.endpoint, stored: address.recorded ?? "" }, engine };
}

/**
 * What buildx stores of an endpoint (buildx: `builder.validateEndpoint`). It has no way to be told of certificates but a
 * context (docker/buildx#413), so that an endpoint with TLS that is in none gets one of its own.
 */
function storedAs(node: string, { host, tls, context }: Endpoint): StoredNode["Endpoint"] {
    return context ?? (tls === undefined ? host : ownContextName(node));
}

const ownContextName = (node: string) => `pulumi-buildx-${node}`;

/** The context that a place needs and docker would not have by itself; `undefined` where it needs none. */
export function ownContext(
    { node, endpoint: { host, tls, context }, stored }: Place,
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

/** How docker's context of that name compares with the one that is needed. */
export async function statusOfContext({ name, content }: OwnContext): Promise<ContextStatus> {
    if (!(await isContext(name))) return "absent";
    const found = await readContext(name).catch(() => undefined);
    if (found !== undefined && found.metadata[urnKey] !== content.metadata[urnKey]) return "foreign";
    const shown = (of: DockerContext) =>
        JSON.stringify([of.host, of.tls?.ca, of.tls?.cert, of.tls?.key, of.tls?.skipVerify]);
    return found !== undefined && shown(found) === shown(content) ? "same" : "differs";
}

/** The context of its own that a node has, if it has one. */
export async function ownContextOf(node: string, urn: string): Promise<string | undefined> {
    const name = ownContextName(node);
    return (await readContext(name).catch(() => undefined))?.metadata[urnKey] === urn ? name : undefined;
}
