/**
 * The kinds of findings. Programs read them in the JSON, and `docs/troubleshooting.md` has a heading for each, so an
 * existing name never changes.
 */

interface Kind {
    readonly severity: "problem" | "hint";
    /** What is checked, as `doctor --list` prints it. */
    readonly description: string;
}

const problem = (description: string): Kind => ({ severity: "problem", description });
const hint = (description: string): Kind => ({ severity: "hint", description });

export const kinds = {
    "engine-unreachable": problem("a Docker engine does not respond"),
    "engine-permission": problem("this user may not use a Docker engine"),
    "engine-unusable": problem("the address or the TLS configuration of a Docker engine is not valid"),
    "engine-too-old": problem("a Docker engine is older than 19.03"),
    "context-missing": problem("a docker context does not exist"),
    "context-without-node": problem("a docker context was created for a node that no longer exists"),
    "record-forbidden": problem("this user may not read a builder's record"),
    "record-unreadable": problem("a builder's record is not valid"),
    "record-without-container": problem("a builder has a record but no container"),
    "platform-missing": problem("a node is preferred for a platform that its BuildKit does not support"),
    "container-without-record": problem("a builder's container has no record"),
    "container-stopped": problem("a builder's container is stopped"),
    "container-paused": problem("a builder's container is paused"),
    "container-restarting": problem("a builder's container restarts repeatedly"),
    "container-out-of-memory": problem("a builder's container was killed because of its memory limit"),
    "buildkit-silent": problem("BuildKit does not respond in a running container"),
    "disk-full": problem("the disk with a builder's cache is nearly full"),
    "volume-without-builder": problem("a volume has neither a container nor a record"),
    "daemon-silent": problem("the daemon of a remote builder does not respond"),
    "certificate-unreadable": problem("a certificate or key of a remote builder does not exist or cannot be read"),
    "key-public": problem("other users of this machine can read a key or a kubeconfig of a builder"),
    "cluster-unreadable": problem("the cluster of a builder does not respond, or refuses the user of its kubeconfig"),
    "workload-missing": problem("a builder has a record but no workload in its cluster"),
    "pods-not-ready": problem("pods of a builder are not ready"),
    "pod-restarting": problem("a pod of a builder restarts repeatedly"),
    "store-locked": problem("a process holds the lock of buildx's records"),
    "store-read-only": problem("this user may not write buildx's records"),
    "store-unreadable": problem("this user may not list buildx's records"),
    "current-missing": problem("the current builder, or the builder in BUILDX_BUILDER, does not exist"),
    "plugin-missing": hint("the docker CLI or its buildx plugin is not installed"),
    "other-driver": hint("a requested builder has a driver that is not checked"),
    "name-unknown": hint("nothing has the requested name"),
} as const satisfies Readonly<Record<string, Kind>>;

export type FindingKind = keyof typeof kinds;

/** Returns what `doctor --list` prints. */
export function renderKinds(): string {
    const width = Math.max(...Object.keys(kinds).map((kind) => kind.length));
    return Object.entries(kinds)
        .map(([kind, { severity, description }]) => `${kind.padEnd(width)}  ${severity.padEnd(7)}  ${description}\n`)
        .join("");
}
