/**
 * Keys of the configuration object that differ from the keys of `buildkitd.toml`. All other keys are the same in both.
 * An object may also use the TOML spelling.
 */
export const tomlNames = {
    entitlements: "insecure-entitlements",
    maxParallelism: "max-parallelism",
    apparmorProfile: "apparmor-profile",
    gcPolicy: "gcpolicy",
    gcKeepStorage: "gckeepstorage",
    tlsConfigDir: "tlsconfigdir",
    dockerfileV0: "dockerfile.v0",
    gatewayV0: "gateway.v0",
} as const;

type Names = typeof tomlNames;

/** Keys of an object type in the TOML spelling. */
export type TomlKey<T> = {
    [Key in keyof T]-?: Key extends keyof Names ? Names[Key] : Key;
}[keyof T] &
    string;

/** Common misspellings, in lower case, by the key of `buildkitd.toml`. */
export const misnomers: Readonly<Record<string, readonly string[]>> = {
    gckeepstorage: ["gckeepbytes", "keepbytes", "keepstorage", "gc-keep-storage", "gc_keep_storage"],
    keepBytes: ["gckeepbytes", "gckeepstorage", "keepstorage"],
    "insecure-entitlements": ["allow-insecure-entitlement", "allow-insecure-entitlements"],
};

/** Keys of the engine's `daemon.json` that buildkitd's configuration has elsewhere or does not have. */
export const daemonKeys: Readonly<Record<string, string>> = {
    "registry-mirrors": 'use registry: { "docker.io": { mirrors: […] } }',
    "insecure-registries":
        'use registry: { "<host>": { http: true } }, or insecure: true for HTTPS with any certificate',
    builder: "use the argument gc, or worker.oci",
    "max-concurrent-downloads": "use system.maxRegistryConcurrency",
    ...Object.fromEntries(
        ["features", "experimental", "data-root", "storage-driver", "log-driver", "log-opts", "exec-opts", "proxies"]
            .concat("bip", "default-address-pools", "live-restore", "hosts", "userns-remap", "runtimes")
            .map((key) => [key, "it is a setting of the engine. Keep it in the engine's daemon.json"]),
    ),
};
