/** What there is on this machine and on the engines that it knows, as plain data: all that is said is said of these. */
import type { Usage } from "../../provider/buildkit/usage";
import type { Disk } from "../../provider/docker-buildkitd/disk";
import type { Owner } from "../../provider/docker/ownership";

export interface Machine {
    readonly store: StoreFacts;
    /** Each engine once, by however many addresses it is known. */
    readonly engines: readonly EngineFacts[];
}

/** buildx's own records. */
export interface StoreFacts {
    readonly folder: string;
    /** Why its records cannot be listed; then none is known. */
    readonly trouble?: FileTrouble;
    /** By which labels tell this store from others; empty where nothing has needed it yet. */
    readonly identifier: string;
    readonly records: readonly RecordFacts[];
    /** The builder that `docker buildx use` chose; empty where none was chosen. */
    readonly current: string;
}

/** Why this user may not use a file, in a sentence with what to do. */
export interface FileTrouble {
    readonly message: string;
    /** What gives it to this user, if a command does. */
    readonly command?: string | undefined;
}

export interface RecordFacts {
    readonly name: string;
    readonly path: string;
    /** Why it cannot be read; then nothing else is known of it. */
    readonly unreadable?: string;
    /** It is not the record that is wrong: this user may not read it. */
    readonly forbidden?: FileTrouble;
    readonly driver: string;
    readonly nodes: readonly RecordNode[];
    readonly lastUsed: Date | undefined;
}

export interface RecordNode {
    readonly name: string;
    /** A docker context's name or a host. */
    readonly address: string;
    /** Platforms that the node is preferred for. */
    readonly platforms: readonly string[];
}

export interface EngineFacts {
    /** Under which records and the docker CLI know it. */
    readonly addresses: readonly string[];
    /** It is the one that the docker CLI uses without being told which. */
    readonly isCurrent: boolean;
    /** Where it listens; empty where that is not known. */
    readonly host: string;
    /** Why it cannot be asked; then nothing else is known of it. */
    readonly trouble?: Trouble;
    readonly version: string;
    /** Of its API, such as `1.45`. */
    readonly apiVersion: string;
    /** Those that buildx or this package made. */
    readonly containers: readonly ContainerFacts[];
    readonly volumes: readonly VolumeFacts[];
}

export interface Trouble {
    /** `context`: docker has no context of that name. `unusable`: what is said of it is wrong in itself. */
    readonly kind: "context" | "permission" | "silent" | "unusable";
    readonly message: string;
}

export interface ContainerFacts {
    readonly name: string;
    readonly owner: Owner | undefined;
    /** In Docker's words: `running`, `exited`, `created`, `restarting`, `paused`, `dead`. */
    readonly state: string;
    readonly exitCode: number;
    /** The kernel ended it because it wanted more memory than its limit. */
    readonly oomKilled: boolean;
    /** The most memory, in bytes; 0 where there is no limit. */
    readonly memory: number;
    /** The names of the volumes that it mounts. */
    readonly volumes: readonly string[];
    /** What buildkitd says of itself; `undefined` where it does not answer. */
    readonly workers?: { readonly platforms: readonly string[]; readonly version: string } | undefined;
    readonly usage?: Usage | undefined;
    readonly disk?: Disk | undefined;
    /** The last line of the log of one that does not run as it should. */
    readonly lastLogLine?: string | undefined;
}

export interface VolumeFacts {
    readonly name: string;
    readonly owner: Owner | undefined;
    /** Containers that mount it, whoever made them. */
    readonly users: readonly string[];
    /** In bytes; asked for only where no buildkitd tells more. */
    readonly size?: number | undefined;
}
