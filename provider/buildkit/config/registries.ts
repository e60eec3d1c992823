/** Finds `registry` tables and mirrors that have no effect in BuildKit (buildkit: `util/resolver/resolver.go`). */
import type { Problem, Table } from "./read";

interface Registry {
    readonly mirrors?: readonly string[];
    readonly http?: boolean;
    readonly insecure?: boolean;
}

/** Other names of Docker Hub. BuildKit never looks up images under them (distribution/reference: `normalize.go`). */
const hub = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com"];

const host = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[a-f0-9:]+\])(?::\d+)?$/i;

export function problemsOfRegistries({ registry }: Table): Problem[] {
    const registries = (registry ?? {}) as Record<string, Registry | undefined>;
    const mirrors = Object.values(registries).flatMap((table) => (table?.mirrors ?? []).map(hostOfMirror));
    return Object.entries(registries).flatMap(([name, table]) => [
        ...(mirrors.includes(name) ? [] : problemsOfName(name)),
        ...(table?.mirrors ?? []).flatMap((mirror, index) =>
            problemsOfMirror(mirror, registries).map((problem) => ({
                ...problem,
                path: ["registry", name, "mirrors", index],
            })),
        ),
    ]);
}

/** Checks the name of a table. BuildKit compares it with the host in the image's name, character by character. */
function problemsOfName(name: string): Problem[] {
    const path = ["registry", name];
    const meant = bareHost(name);
    if (!host.test(name) || name === "index.docker.io") {
        const write = host.test(meant)
            ? `write "${meant}"`
            : 'write a host, for example "ghcr.io" or "registry.example:5000"';
        return [
            {
                path,
                reason: `the name is not a valid host of a registry, so BuildKit does not use this table: ${write}`,
            },
        ];
    }
    const doubt =
        meant === name
            ? !/[.:]/.test(name) &&
              name !== "localhost" &&
              "the name has no dot and no port, so Docker treats it as part of a repository on docker.io and not as a host"
            : `BuildKit uses this table only for images with exactly this host in their name, not for "${meant}"`;
    return doubt ? [{ path, reason: doubt, isWarning: true }] : [];
}

/**
 * Returns the host of a name: `ghcr.io` for `https://GHCR.io/owner/`, `docker.io` for the other names of Docker Hub.
 */
function bareHost(name: string): string {
    const bare = name
        .trim()
        .toLowerCase()
        .replace(/^[a-z+]*:?\/\//, "")
        .replace(/\/.*$/, "");
    return hub.includes(bare) ? "docker.io" : bare;
}

function problemsOfMirror(
    mirror: string,
    registries: Readonly<Record<string, Registry | undefined>>,
): Omit<Problem, "path">[] {
    const name = hostOfMirror(mirror);
    if (!host.test(name))
        return [{ reason: 'the mirror has no valid host: write a host and a path, for example "cache.example/hub"' }];
    const { http = false, insecure = false } = registries[name] ?? {};
    if (!/^http:/i.test(mirror) || http || insecure || /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(name))
        return [];
    const reason = `BuildKit ignores "http://" and connects to the mirror with HTTPS: set http: true in registry["${name}"]`;
    return [{ reason, isWarning: true }];
}

/** Returns the host of a mirror without scheme and path, as BuildKit's `extractMirrorHostAndPath` does. */
const hostOfMirror = (mirror: string) => mirror.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/\/.*$/, "");
