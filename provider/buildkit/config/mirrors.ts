import { parseImageReference } from "../../registry/imageReference";

/** The settings of registries in buildkitd's configuration that this package itself uses, by the registry's host. */
export type Registries = Readonly<Record<string, { readonly mirrors?: readonly string[] }>>;

/**
 * Returns the `registry` tables of buildkitd's configuration. Values of other types, or not known yet, are left out.
 */
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
 * Returns the names that an image has in the mirrors of its registry, in the order in which BuildKit queries the
 * mirrors (buildkit: `util/resolver`). For example, `docker.io/moby/buildkit` is `cache.example/hub/moby/buildkit` in
 * the mirror `cache.example/hub`. A mirror whose host has neither a dot nor a port is left out: an image's name cannot
 * contain it.
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
