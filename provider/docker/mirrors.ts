import { parseImageReference } from "./imageReference";

/** Of the registries in buildkitd's configuration, by host, what this package goes by itself. */
export type Registries = Readonly<Record<string, { readonly mirrors?: readonly string[] }>>;

/** The `registry` tables of buildkitd's configuration; what is no such table, or not known yet, is left out. */
export function registriesIn(config: unknown): Registries {
    const { registry } = isTable(config) ? config : {};
    if (!isTable(registry)) return {};
    return Object.fromEntries(
        Object.entries(registry).map(([host, table]) => {
            const { mirrors } = isTable(table) ? table : {};
            const isText = (mirror: unknown) => typeof mirror === "string";
            return [host, { mirrors: Array.isArray(mirrors) ? mirrors.filter(isText) : [] }];
        }),
    );
}

const isTable = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The names that an image has in the mirrors of its registry, in the order in which BuildKit asks them (buildkit:
 * `util/resolver`): `docker.io/moby/buildkit` is `cache.example/hub/moby/buildkit` in the mirror `cache.example/hub`.
 * A mirror whose host an image's name cannot hold, one without dot and port, is left out.
 */
export function namesInMirrors(image: string, registries: Registries): string[] {
    const reference = parseImageReference(image);
    if (reference === undefined) return [];
    const { domain, path, tag, digest } = reference;
    const version = digest === undefined ? `:${tag}` : `@${digest}`;
    return (registries[domain]?.mirrors ?? [])
        .map((mirror) => `${mirror.replace(/^[a-z]+:\/\//, "").replace(/\/+$/, "")}/${path}${version}`)
        .filter((name) => !["docker.io", undefined].includes(parseImageReference(name)?.domain));
}
