import type { VolumeInspectInfo } from "dockerode";
import { type Endpoint, findEndpoint, recordedEndpoint } from "../../provider/docker/endpoint/endpoint";
import { connect, type Engine, engineMessage, traitsOf } from "../../provider/docker/engine/engine";
import { ownerOf } from "../../provider/ownership";
import { volumeSizes } from "../../provider/docker/engine/volume";
import { containerName, volumeName } from "../../provider/buildx/names";
import { type Depth, isOfInterest, lookAtContainer, nameOf } from "./containers";
import type { ContainerFacts, EngineFacts, RecordNode, Trouble, VolumeFacts } from "./facts";
import { inTime, patience } from "./timeout";
import { type Asked, isAskedName } from "./names";

/** What to look for on the engines. */
interface Search {
    readonly nodes: readonly RecordNode[];
    readonly asked: Asked;
    readonly depth: Depth;
}

/** Inspects the engines of `nodes` and the current engine, in parallel, each engine once. */
export async function lookAtEngines(nodes: readonly RecordNode[], asked: Asked, depth: Depth): Promise<EngineFacts[]> {
    const addresses = [...new Set(nodes.map(({ address }) => address))];
    const reached = await Promise.all([
        reach(undefined, findEndpoint()),
        ...addresses.map((address) => reach(address, recordedEndpoint(address))),
    ]);
    const groups = new Map<string, Reached[]>();
    for (const each of reached) groups.set(each.key, [...(groups.get(each.key) ?? []), each]);
    return Promise.all([...groups.values()].map((group) => lookAtEngine(group, { nodes, asked, depth })));
}

/** An engine found by one of its addresses, or the reason why it cannot be queried at that address. */
interface Reached {
    /** `undefined` for the engine that the docker CLI uses. */
    readonly address: string | undefined;
    /** Identifies the engine: two addresses of one engine have the same key. */
    readonly key: string;
    readonly endpoint: Endpoint | undefined;
    readonly engine?: Engine;
    readonly trouble?: Trouble;
}

async function reach(address: string | undefined, found: Promise<Endpoint>): Promise<Reached> {
    let endpoint: Endpoint | undefined;
    try {
        endpoint = await found;
        const engine = await connect(endpoint);
        const traits = await inTime(traitsOf(engine));
        if (traits === undefined)
            throw new Error(`the Docker engine at ${endpoint.host} answers a ping and nothing else`);
        return { address, key: traits.ID || endpoint.host, endpoint, engine };
    } catch (error) {
        const trouble: Trouble = { kind: kindOf(error, endpoint), message: engineMessage(error) };
        return { address, key: `${endpoint?.host ?? address ?? ""} ${trouble.kind}`, endpoint, trouble };
    }
}

function kindOf(error: unknown, endpoint: Endpoint | undefined): Trouble["kind"] {
    if (endpoint === undefined)
        return /neither a host URL .* nor a docker context/.test(String(error)) ? "context" : "unusable";
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    return code === "EACCES" ? "permission" : "silent";
}

async function lookAtEngine(group: readonly Reached[], search: Search): Promise<EngineFacts> {
    const [first] = group as [Reached];
    const { engine, endpoint, trouble } = group.find((each) => each.engine !== undefined) ?? first;
    const names = group.flatMap(({ address, endpoint }) => address ?? endpoint?.context ?? endpoint?.host ?? []);
    const place = {
        addresses: [...new Set(names)],
        isCurrent: group.some(({ address }) => address === undefined),
        host: endpoint?.host ?? "",
    };
    const nothing = { version: "", apiVersion: "", containers: [], volumes: [] };
    if (engine === undefined) return { ...place, ...nothing, ...(trouble && { trouble }) };
    try {
        return { ...place, ...(await ask(engine, search)) };
    } catch (error) {
        const message = `the Docker engine at ${place.host} does not say what it has: ${engineMessage(error)}`;
        return { ...place, ...nothing, trouble: { kind: "silent", message } };
    }
}

type Answers = Pick<EngineFacts, "version" | "apiVersion" | "containers" | "volumes">;

async function ask(engine: Engine, { nodes, asked, depth }: Search): Promise<Answers> {
    const answers = await inTime(
        Promise.all([
            engine.api.version(),
            engine.api.listContainers({ all: true }),
            engine.api.listVolumes() as Promise<{ Volumes: VolumeInspectInfo[] | null }>,
        ]),
    );
    if (answers === undefined) throw new Error(`no answer within ${patience / 1000} s`);
    const [{ Version: version, ApiVersion: apiVersion }, allContainers, { Volumes: allVolumes }] = answers;
    const isRecorded = (name: string) =>
        nodes.some((node) => [containerName(node.name), volumeName(node.name)].includes(name));
    const isMeant = (name: string, labels: Record<string, string> | null) =>
        isRecorded(name) || (isOfInterest(name, labels) && isAskedName(asked, name));

    const listed = allContainers.filter((each) => isMeant(nameOf(each), each.Labels));
    const containers = await Promise.all(listed.map((each) => lookAtContainer(engine, each, depth)));
    const mounted = new Set(containers.flatMap((container) => container.volumes));
    const volumes = (allVolumes ?? [])
        .filter(({ Name: name, Labels: labels }) => isMeant(name, labels) || mounted.has(name))
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
    const toldByBuildKit = containers.filter(({ usage }) => usage !== undefined).flatMap((each) => each.volumes);
    const isOfUse = ({ name, users }: VolumeFacts) =>
        depth.usage ? !toldByBuildKit.includes(name) : users.length === 0;
    if (!volumes.some(isOfUse)) return volumes;
    const sizes = await volumeSizes(engine, AbortSignal.timeout(patience)).catch(() => new Map<string, number>());
    return volumes.map((volume) => ({ ...volume, size: sizes.get(volume.name) }));
}
