/** Facts of a machine as plain objects. They are healthy and typical unless a test overrides them. */
import type {
    ClusterNodeFacts,
    ContainerFacts,
    DaemonFacts,
    EngineFacts,
    Machine,
    RecordFacts,
    VolumeFacts,
} from "../../cli/machine/facts";
import type { HostFacts } from "../../cli/machine/host";
import type { Owner } from "../../provider/ownership";

export const now = new Date("2025-06-01T12:00:00Z");

const socket = "unix:///var/run/docker.sock";
const identifier = "0123456789abcdef";

export const machine = ({
    records = [],
    engines = [],
    current = "",
    daemons = [],
    clusterNodes = [],
}: {
    records?: RecordFacts[];
    engines?: EngineFacts[];
    current?: string;
    daemons?: DaemonFacts[];
    clusterNodes?: ClusterNodeFacts[];
}): Machine => ({
    store: { folder: "/home/me/.docker/buildx", identifier, records, current },
    engines,
    daemons,
    clusterNodes,
});

export function record({
    name,
    nodes = [`${name}0`],
    platforms = [],
    address = socket,
    ...others
}: { name: string; nodes?: string[]; platforms?: string[]; address?: string } & Partial<Omit<RecordFacts, "nodes">>) {
    return {
        name,
        path: `/home/me/.docker/buildx/instances/${name}`,
        driver: "docker-container",
        nodes: nodes.map((node) => ({ name: node, address, platforms })),
        lastUsed: now,
        ...others,
    } satisfies RecordFacts;
}

/** Returns the engine that the docker CLI uses, unless other addresses are given. */
export const engine = (others: Partial<EngineFacts> = {}): EngineFacts => ({
    addresses: [socket],
    isCurrent: others.addresses === undefined,
    host: socket,
    version: "26.1.5",
    apiVersion: "1.45",
    containers: [],
    volumes: [],
    ...others,
});

export const container = (others: { name: string } & Partial<ContainerFacts>): ContainerFacts => ({
    owner: undefined,
    state: "running",
    exitCode: 0,
    oomKilled: false,
    memory: 0,
    volumes: [`${others.name}_state`],
    workers: { platforms: ["linux/amd64"], version: "v0.34.2" },
    ...others,
});

export const volume = (others: { name: string } & Partial<VolumeFacts>): VolumeFacts => ({
    owner: undefined,
    users: [],
    ...others,
});

/** Returns the owner label of a resource in this machine's stack `dev`. */
export const ours = (type: "BuildxBuilder" | "BuildKitState", name: string, store = identifier): Owner => ({
    urn: `urn:pulumi:dev::app::pulumi-nodejs:dynamic/buildx:${type}::${name}`,
    store,
});

export const host = (others: Partial<HostFacts> = {}): HostFacts => ({
    platform: "linux",
    uid: 1000,
    gid: 1000,
    env: { builder: "", context: "" },
    lock: undefined,
    readOnlyFolder: undefined,
    plugin: "installed",
    contexts: [],
    ...others,
});
