/** What exists on this machine and on its engines, as plain data. `status` and `doctor` use these facts alone. */
import type { Usage } from "../../provider/buildkit/usage";
import type { Disk } from "../../provider/docker/buildkitd/disk";
import type { Owner } from "../../provider/ownership";

export interface Machine {
    readonly store: StoreFacts;
    /** Each engine once, even if it is known by several addresses. */
    readonly engines: readonly EngineFacts[];
    /** The daemons of the `remote` driver, one for each node. */
    readonly daemons: readonly DaemonFacts[];
    /** The nodes of the `kubernetes` driver. */
    readonly clusterNodes: readonly ClusterNodeFacts[];
}

/** buildx's own records. */
export interface StoreFacts {
    readonly folder: string;
    /** Why the records cannot be listed. If set, no record is known. */
    readonly error?: FileAccessProblem;
    /**
     * The identifier of this store, which labels of containers and volumes hold; empty if nothing has needed it so far.
     */
    readonly identifier: string;
    readonly records: readonly RecordFacts[];
    /** The builder that `docker buildx use` chose; empty if none was chosen. */
    readonly current: string;
}

/** A file that this user may not access. The message is a sentence that says what to do. */
export interface FileAccessProblem {
    readonly message: string;
    /** The command that gives this user access, if there is one. */
    readonly command?: string | undefined;
}

export interface RecordFacts {
    readonly name: string;
    readonly path: string;
    /** Why the record cannot be read. If set, nothing else is known about it. */
    readonly unreadable?: string;
    /** Set if the record itself is valid but this user may not read it. */
    readonly forbidden?: FileAccessProblem;
    readonly driver: string;
    readonly nodes: readonly RecordNode[];
    readonly lastUsed: Date | undefined;
}

export interface RecordNode {
    readonly name: string;
    /** The name of a docker context, or a host. */
    readonly address: string;
    /** The platforms that the node is preferred for. */
    readonly platforms: readonly string[];
}

export interface EngineFacts {
    /** The addresses of this engine in the records and for the docker CLI. */
    readonly addresses: readonly string[];
    /** Whether the docker CLI uses this engine by default. */
    readonly isCurrent: boolean;
    /** The address that the engine listens on; empty if it is not known. */
    readonly host: string;
    /** Why the engine cannot be queried. If set, nothing else is known about it. */
    readonly error?: EngineError;
    readonly version: string;
    /** The version of its API, for example `1.45`. */
    readonly apiVersion: string;
    /** The containers that buildx or this package created. */
    readonly containers: readonly ContainerFacts[];
    readonly volumes: readonly VolumeFacts[];
}

export interface EngineError {
    /** `context`: docker has no context of that name. `unusable`: the address itself is not valid. */
    readonly kind: "context" | "permission" | "silent" | "unusable";
    readonly message: string;
}

export interface ContainerFacts {
    readonly name: string;
    readonly owner: Owner | undefined;
    /** The state as Docker reports it: `running`, `exited`, `created`, `restarting`, `paused`, `dead`. */
    readonly state: string;
    readonly exitCode: number;
    /** Whether the kernel killed it because it exceeded its memory limit. */
    readonly oomKilled: boolean;
    /** The memory limit in bytes; 0 if there is no limit. */
    readonly memory: number;
    /** The names of the volumes that the container mounts. */
    readonly volumes: readonly string[];
    /** What buildkitd reports about itself; `undefined` if it does not respond. */
    readonly workers?: { readonly platforms: readonly string[]; readonly version: string } | undefined;
    readonly usage?: Usage | undefined;
    readonly disk?: Disk | undefined;
    /** The last line of the log, if the container does not run as it should. */
    readonly lastLogLine?: string | undefined;
}

export interface VolumeFacts {
    readonly name: string;
    readonly owner: Owner | undefined;
    /** The names of all containers that mount the volume, including unmanaged ones. */
    readonly users: readonly string[];
    /** The size in bytes. It is requested only if no buildkitd reports more. */
    readonly size?: number | undefined;
}

/** What a buildkitd reports about itself. */
export interface WorkersFacts {
    readonly platforms: readonly string[];
    readonly version: string;
}

/** The daemon of a node of the `remote` driver. */
export interface DaemonFacts {
    readonly builder: string;
    readonly node: string;
    /** The address in the record. */
    readonly address: string;
    /** Why the daemon does not respond. */
    readonly error?: string;
    readonly workers?: WorkersFacts | undefined;
    /** The files that the record names. */
    readonly files: readonly FileFacts[];
}

/** A file that a record names. */
export interface FileFacts {
    readonly path: string;
    /** Whether the file has a secret that other users of the machine can read. */
    readonly isPublic: boolean;
    /** Why the file cannot be used, as the rest of a sentence. */
    readonly error?: string;
}

/** The workload of a node of the `kubernetes` driver. */
export interface WorkloadFacts {
    readonly workload: string;
    readonly kind: string;
    readonly namespace: string;
    /** Name of the cluster for messages. Empty if the kubeconfig cannot be used. */
    readonly where: string;
    /** Why the cluster cannot be read. If set, nothing else is known. */
    readonly error?: string;
    readonly isMissing: boolean;
    readonly owner?: Owner | undefined;
    /** The pods that are not being removed. */
    readonly pods: readonly PodFacts[];
    readonly workers?: WorkersFacts | undefined;
}

export interface PodFacts {
    readonly name: string;
    /** How often the container of buildkitd was restarted. */
    readonly restarts: number;
    /** `undefined` if the pod is ready. */
    readonly whyNotReady: string | undefined;
}

export interface ClusterNodeFacts extends WorkloadFacts {
    readonly builder: string;
    readonly node: string;
    /** The address in the record. */
    readonly address: string;
    /** The kubeconfig in the record. */
    readonly kubeconfig?: FileFacts;
}
