/**
 * Where the schema differs from the types of TypeScript. A schema has no type of two forms, so it has a property for
 * each form: `gcRules` and `buildkitdToml` have their own docstrings (`provider/bridges/plugin/forms.ts` turns them back
 * into the arguments of a lifecycle).
 */
import type { TypeSpec } from "./format";
import type { Form } from "./types";

/** A property of the schema for one form of an argument. */
export interface PropertyForm {
    readonly name: string;
    /** The members of the argument's union that the property takes. @default all */
    readonly takes?: Form;
    /** The type in the schema. @default what `takes` leaves of the argument's type */
    readonly type?: TypeSpec;
    /** The type of an argument with several kinds of objects. */
    readonly typeName?: { readonly name: string; readonly description: string };
    /** Replaces the docstring if it describes several forms. The docstring's default is added. */
    readonly description?: string;
    /** Replaces the docstring's default. */
    readonly default?: string;
}

const gc: readonly PropertyForm[] = [
    {
        name: "gc",
        takes: "object",
        description:
            "Garbage collection of buildkitd's cache, as limits: `maxUsedSpace: 20GB` becomes BuildKit's default " +
            "sequence of rules with that limit. To write the rules themselves, set `gcRules`.",
    },
];

const certificates =
    "Certificates and keys that its `registry` tables name, by path or as PEM text, are copied into the container.";

const buildkitdConfig: readonly PropertyForm[] = [
    {
        name: "buildkitdConfig",
        takes: "object",
        description:
            "Configuration of buildkitd as an object (`docker buildx create --buildkitd-config`). " +
            `${certificates} To set it as the content of a \`buildkitd.toml\`, set \`buildkitdToml\`.`,
    },
];

const restoreFrom: PropertyForm = {
    name: "restoreFrom",
    takes: "object",
    typeName: {
        name: "RestoreFrom",
        description: "The source of a new state. Set one of `archive`, `volume` and `image`.",
    },
    description:
        "The initial content of the state: an archive, a volume on the same engine, or an OCI image in a registry. " +
        "Used when the state is created, and again if its volume is lost. A later change does not affect an existing " +
        "volume.",
};

const target: PropertyForm = {
    name: "to",
    takes: "object",
    typeName: {
        name: "ArchiveTarget",
        description: "The target of an archive. Set one of `archive` and `image`.",
    },
    description: "The target: a file, or an OCI image in a registry.",
};

const state: PropertyForm = { name: "state", type: { $ref: "#/resources/buildx:index:BuildKitState" } };

const stateOfNode: PropertyForm = {
    name: "state",
    type: { type: "string" },
    description:
        "The id of the state that the node uses: the output `id` or `volumeName` of a `BuildKitState`. The node gets " +
        "its name from the state. The state is never removed with the builder.",
};

const forms: Readonly<Record<string, readonly PropertyForm[]>> = {
    "BuildxBuilder.gc": gc,
    "BuildxBuilder.buildkitdConfig": buildkitdConfig,
    "BuildxBuilder.state": [state],
    "KubernetesBuilder.gc": gc,
    "KubernetesBuilder.buildkitdConfig": buildkitdConfig,
    "KubernetesNode.buildkitdConfig": buildkitdConfig,
    "Node.buildkitdConfig": buildkitdConfig,
    "Node.state": [stateOfNode],
    "BuildKitState.restoreFrom": [restoreFrom],
    "BuildKitStateArchive.to": [target],
    "BuildKitStateArchive.state": [state],
    "archiveState.to": [target], // only on the page of the functions: the plugin does not have it
    "getState.tls": [{ name: "tls", type: { type: "object", $ref: "#/types/buildx:index:Tls" } }],
};

/** Returns the properties that the schema has for an argument, if they differ from the argument. */
export const formsOf = (owner: string, argument: string): readonly PropertyForm[] | undefined =>
    forms[`${owner}.${argument}`];

/** Names of types in the schema. Other types have their own name, without `Args`: SDKs add that themselves. */
export const typeNames: Readonly<Record<string, string>> = {
    DriverOptions: "DriverOpts",
    TlsArguments: "Tls",
};

/** Private keys. Each may also be a path. */
export const secrets: readonly string[] = ["Tls.key", "RemoteTls.key", "KeyPair.key"];

/** Numbers that are always whole and below 2³¹. All other numbers may be a number of bytes or a fraction. */
export const integers: readonly string[] = [
    "bootTimeout",
    "drainTimeout",
    "replicas",
    "tolerationSeconds",
    "cpuQuota",
    "cpuPeriod",
    "cpuShares",
    "records",
    "maxEntries",
    "maxParallelism",
    "maxRegistryConcurrency",
    "cniPoolSize",
    "uid",
    "gid",
    "timestampThreshold",
    "tlogThreshold",
    "maxRetry",
    "writesPerCheck",
    "sizeGrowthPercent",
    "minReclaimPercent",
    "minReclaimPercentFloor",
];
