/**
 * The one table of names: a key of an object, and what `buildkitd.toml` has for it. Every other key is the same in both,
 * and an object may be written in TOML's spelling as well.
 */
export const tomlNames = {
    entitlements: "insecure-entitlements",
    maxParallelism: "max-parallelism",
    apparmorProfile: "apparmor-profile",
    gcPolicy: "gcpolicy",
    gcKeepStorage: "gckeepstorage",
    tlsConfigDir: "tlsconfigdir",
} as const;

type Names = typeof tomlNames;

/** The keys of an object's type as TOML spells them. */
export type TomlKey<T> = {
    [Key in keyof T]-?: Key extends keyof Names ? Names[Key] : Key;
}[keyof T] &
    string;

/** What people write for a key of `buildkitd.toml`, in lower case, by that key. */
export const misnomers: Readonly<Record<string, readonly string[]>> = {
    gckeepstorage: ["gckeepbytes", "keepbytes", "keepstorage", "gc-keep-storage", "gc_keep_storage"],
    keepBytes: ["gckeepbytes", "gckeepstorage", "keepstorage"],
    "insecure-entitlements": ["allow-insecure-entitlement", "allow-insecure-entitlements"],
};

/** What the engine's `daemon.json` says and buildkitd's configuration says elsewhere, or not at all. */
export const daemonKeys: Readonly<Record<string, string>> = {
    "registry-mirrors": 'write registry: { "docker.io": { mirrors: […] } }',
    "insecure-registries":
        'write registry: { "<host>": { http: true } }, or insecure: true for HTTPS with any certificate',
    builder: "write the argument gc, or worker.oci",
    "max-concurrent-downloads": "write system.maxRegistryConcurrency",
    ...Object.fromEntries(
        ["features", "experimental", "data-root", "storage-driver", "log-driver", "log-opts", "exec-opts", "proxies"]
            .concat("bip", "default-address-pools", "live-restore", "hosts", "userns-remap", "runtimes")
            .map((key) => [key, "it is a setting of the engine, which stays in the engine's daemon.json"]),
    ),
};
