import type { VolumeInspectInfo } from "dockerode";
import { type Endpoint, findEndpoint, recordedEndpoint } from "../../provider/docker/endpoint/endpoint";
import { connect, type Engine, engineMessage, traitsOf } from "../../provider/docker/engine/engine";
import { ownerOf } from "../../provider/ownership";
import { volumeSizes } from "../../provider/docker/engine/volume";
import { containerName, volumeName } from "../../provider/buildx/names";
import { type Depth, isOfInterest, collectContainer, nameOf } from "./containers";
import type { ContainerFacts, EngineFacts, RecordNode, EngineError, VolumeFacts } from "./facts";
import { withTimeout, timeoutMs } from "./timeout";
import { type RequestedNames, isRequestedName } from "./names";

/** What to look for on the engines. */
interface Search {
    readonly nodes: readonly RecordNode[];
    readonly requested: RequestedNames;
    readonly depth: Depth;
}

/** Inspects the engines of `nodes` and the current engine, in parallel, each engine once. */
export async function collectEngines(
    nodes: readonly RecordNode[],
    requested: RequestedNames,
    depth: Depth,
): Promise<EngineFacts[]> {
    const addresses = [...new Set(nodes.map(({ address }) => address))];
    const reached = await Promise.all([
        reach(undefined, findEndpoint()),
        ...addresses.map((address) => reach(address, recordedEndpoint(address))),
    ]);
    const groups = new Map<string, Reached[]>();
    for (const each of reached) groups.set(each.key, [...(groups.get(each.key) ?? []), each]);
    return Promise.all([...groups.values()].map((group) => collectEngine(group, { nodes, requested, depth })));
}

/** An engine found by one of its addresses, or the reason why it cannot be queried at that address. */
interface Reached {
    /** `undefined` for the engine that the docker CLI uses. */
    readonly address: string | undefined;
    /** Identifies the engine: two addresses of one engine have the same key. */
    readonly key: string;
    readonly endpoint: Endpoint | undefined;
    readonly engine?: Engine;
    readonly error?: EngineError;
}

async function reach(address: string | undefined, found: Promise<Endpoint>): Promise<Reached> {
    let endpoint: Endpoint | undefined;
    try {
        endpoint = await found;
        const engine = await connect(endpoint);
        const traits = await withTimeout(traitsOf(engine));
        if (traits === undefined)
            throw new Error(`the Docker engine at ${endpoint.host} responds to a ping, but not to other requests`);
        return { address, key: traits.ID || endpoint.host, endpoint, engine };
    } catch (thrown) {
        const error: EngineError = { kind: kindOf(thrown, endpoint), message: engineMessage(thrown) };
        return { address, key: `${endpoint?.host ?? address ?? ""} ${error.kind}`, endpoint, error };
    }
}

function kindOf(error: unknown, endpoint: Endpoint | undefined): EngineError["kind"] {
    if (endpoint === undefined)
        return /neither a host URL .* nor a docker context/.test(String(error)) ? "context" : "unusable";
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    return code === "EACCES" ? "permission" : "silent";
}

async function collectEngine(group: readonly Reached[], search: Search): Promise<EngineFacts> {
    const [first] = group as [Reached];
    const { engine, endpoint, error } = group.find((each) => each.engine !== undefined) ?? first;
    const names = group.flatMap(({ address, endpoint }) => address ?? endpoint?.context ?? endpoint?.host ?? []);
    const place = {
        addresses: [...new Set(names)],
        isCurrent: group.some(({ address }) => address === undefined),
        host: endpoint?.host ?? "",
    };
    const nothing = { version: "", apiVersion: "", containers: [], volumes: [] };
    if (engine === undefined) return { ...place, ...nothing, ...(error && { error }) };
    try {
        return { ...place, ...(await queryEngine(engine, search)) };
    } catch (thrown) {
        const message = `the Docker engine at ${place.host} cannot be queried: ${engineMessage(thrown)}`;
        return { ...place, ...nothing, error: { kind: "silent", message } };
    }
}

type EngineContent = Pick<EngineFacts, "version" | "apiVersion" | "containers" | "volumes">;

async function queryEngine(engine: Engine, { nodes, requested, depth }: Search): Promise<EngineContent> {
    const responses = await withTimeout(
        Promise.all([
            engine.api.version(),
            engine.api.listContainers({ all: true }),
            engine.api.listVolumes() as Promise<{ Volumes: VolumeInspectInfo[] | null }>,
        ]),
    );
    if (responses === undefined) throw new Error(`no response within ${timeoutMs / 1000} s`);
    const [{ Version: version, ApiVersion: apiVersion }, allContainers, { Volumes: allVolumes }] = responses;
    const isRecorded = (name: string) =>
        nodes.some((node) => [containerName(node.name), volumeName(node.name)].includes(name));
    const isIncluded = (name: string, labels: Record<string, string> | null) =>
        isRecorded(name) || (isOfInterest(name, labels) && isRequestedName(requested, name));

    const listed = allContainers.filter((each) => isIncluded(nameOf(each), each.Labels));
    const containers = await Promise.all(listed.map((each) => collectContainer(engine, each, depth)));
    const mounted = new Set(containers.flatMap((container) => container.volumes));
    const volumes = (allVolumes ?? [])
        .filter(({ Name: name, Labels: labels }) => isIncluded(name, labels) || mounted.has(name))
        .map(({ Name: name, Labels: labels }) => {
            const users = allContainers.filter(({ Mounts: mounts }) => mounts.some((mount) => mount.Name === name));
            return { name, owner: ownerOf(labels), users: users.map(nameOf) };
        });
    return { version, apiVersion, containers, volumes: await withSizes(engine, volumes, containers, depth) };
}

/** Requests the sizes of the volumes only if a size is needed, because the engine computes them slowly. */
async function withSizes(
    engine: Engine,
    volumes: readonly VolumeFacts[],
    containers: readonly ContainerFacts[],
    depth: Depth,
): Promise<readonly VolumeFacts[]> {
    const reportedByBuildKit = containers.filter(({ usage }) => usage !== undefined).flatMap((each) => each.volumes);
    const isNeeded = ({ name, users }: VolumeFacts) =>
        depth.usage ? !reportedByBuildKit.includes(name) : users.length === 0;
    if (!volumes.some(isNeeded)) return volumes;
    const sizes = await volumeSizes(engine, AbortSignal.timeout(timeoutMs)).catch(() => new Map<string, number>());
    return volumes.map((volume) => ({ ...volume, size: sizes.get(volume.name) }));
}
