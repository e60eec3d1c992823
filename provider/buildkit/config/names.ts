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
