/** The resources and functions of the schema. Everything else about them comes from their types and docstrings. */

export interface ResourceDeclaration {
    /** The name of the class, which `index.ts` exports with its arguments `<name>Args`. */
    readonly name: string;
    /** The arguments that replace the resource if they change. */
    readonly replaces: readonly string[];
    /** The files in `examples/`, without their ending. */
    readonly examples: readonly string[];
    /** The identifier for `pulumi import`, if the resource can be imported. */
    readonly importId?: { readonly placeholder: string; readonly text: string };
}

export const resources: readonly ResourceDeclaration[] = [
    {
        name: "BuildxBuilder",
        replaces: ["name"],
        examples: ["builder", "nodes"],
        importId: {
            placeholder: "<builder>",
            text:
                "A builder that buildx or another stack created is imported by its name. It has to be in buildx's records, " +
                "or its container has to be on the docker CLI's engine. A builder that does not run is started by the " +
                "next `pulumi up`. The generated program has the arguments of the " +
                "record, and the values of a container that differs. A configuration with certificates becomes " +
                "`buildkitdToml` with their text; it is a secret if it contains a private key, but the generated program contains the key as " +
                "text. Without `state`, the " +
                "removal of the builder also removes its volume, unless a `BuildKitState` created it: to keep the " +
                "volume, import it too and set `state`.",
        },
    },
    {
        name: "BuildKitState",
        replaces: ["builderName", "node", "endpoint", "volumeDriver", "volumeDriverOpts", "labels"],
        examples: ["state", "restoredState"],
        importId: {
            placeholder: "<volume>",
            text:
                "An existing state is imported by the name of its volume. Its engine is that of the builder in buildx's " +
                "records, otherwise the docker CLI's engine. A volume that no `BuildKitState` created stays when the " +
                "resource is removed.",
        },
    },
    { name: "BuildKitStateArchive", replaces: [], examples: ["archive"] },
    { name: "BuildKitPrune", replaces: [], examples: ["prune"] },
    {
        name: "KubernetesBuilder",
        replaces: ["name", "namespace"],
        examples: ["kubernetes", "kubernetesNodes"],
        importId: {
            placeholder: "<builder>",
            text:
                "A builder of the `kubernetes` driver, for example of `docker buildx create --driver kubernetes`, is imported by " +
                "its name. The generated program has the arguments of buildx's record. The next `pulumi up` recreates the " +
                "workload of a builder that buildx created, around its claims.",
        },
    },
    {
        name: "QemuEmulation",
        replaces: ["endpoint"],
        examples: ["emulation"],
        importId: {
            placeholder: "<endpoint>",
            text:
                "The emulators that are registered on a host are imported by the host's engine: the name of a docker " +
                "context, such as `default`, or a host. They stay when the resource is removed. The id of an emulation " +
                "of another stack, `pulumi-buildx-qemu-…`, imports it with the emulators that it registered.",
        },
    },
    {
        name: "RemoteBuilder",
        replaces: ["name"],
        examples: ["remote", "remoteNodes"],
        importId: {
            placeholder: "<builder>",
            text:
                "A builder of the `remote` driver, for example of `docker buildx create --driver remote`, is imported by its " +
                "name. The generated program has the arguments of buildx's record, with the certificates as paths. The files " +
                "of another `RemoteBuilder` become their text: the key is a secret, but the generated program contains it as " +
                "text.",
        },
    },
];

export const functions: readonly { readonly name: string; readonly examples: readonly string[] }[] = [
    { name: "getBuilder", examples: ["getBuilder"] },
    { name: "getState", examples: ["getState"] },
];
