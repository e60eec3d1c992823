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
        importId: { placeholder: "<builder>", text: "An existing builder is imported by its name:" },
    },
    {
        name: "BuildKitState",
        replaces: ["builderName", "node", "endpoint", "volumeDriver", "volumeDriverOpts", "labels"],
        examples: ["state", "restoredState"],
        importId: { placeholder: "<volume>", text: "An existing state is imported by the name of its volume:" },
    },
    { name: "BuildKitStateArchive", replaces: [], examples: ["archive"] },
    { name: "BuildKitPrune", replaces: [], examples: ["prune"] },
    { name: "QemuEmulation", replaces: ["endpoint"], examples: ["emulation"] },
];

export const functions: readonly { readonly name: string; readonly examples: readonly string[] }[] = [
    { name: "getBuilder", examples: ["getBuilder"] },
    { name: "getState", examples: ["getState"] },
];
