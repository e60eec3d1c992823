/** Programs as data, in the form of Pulumi YAML. `YamlProject` runs them with Pulumi, `Stack` without. */

/** A program in Pulumi YAML. */
export interface YamlProgram {
    readonly config?: object;
    readonly variables?: object;
    readonly resources?: Readonly<Record<string, YamlResource>>;
    readonly outputs?: object;
}

export interface YamlResource {
    /** For example `buildx:BuildxBuilder`. */
    readonly type: string;
    readonly properties?: object;
    readonly options?: YamlOptions;
    readonly get?: object;
}

/** The options of a resource that tests use. */
export interface YamlOptions {
    /** References: `${name}`. */
    readonly dependsOn?: readonly string[];
    readonly retainOnDelete?: boolean;
    readonly deleteBeforeReplace?: boolean;
    readonly protect?: boolean;
    readonly ignoreChanges?: readonly string[];
    readonly replaceOnChanges?: readonly string[];
    /** Former logical names. `Stack` knows no other form of an alias. */
    readonly aliases?: readonly string[];
}

const resourceOf =
    (type: string) =>
    (properties: object = {}, options?: YamlOptions): YamlResource => ({
        type: `buildx:${type}`,
        properties,
        ...(options && { options }),
    });

export const builder = resourceOf("BuildxBuilder");
export const remote = resourceOf("RemoteBuilder");
export const state = resourceOf("BuildKitState");
export const kubernetes = resourceOf("KubernetesBuilder");
export const emulation = resourceOf("QemuEmulation");
export const prune = resourceOf("BuildKitPrune");
export const archive = resourceOf("BuildKitStateArchive");

/** Returns a program with these resources. A reference is `${name}`, or `${name.property}`. */
export const resources = (all: Record<string, YamlResource>, outputs: object = {}): YamlProgram => ({
    resources: all,
    outputs,
});

/** Returns a value that Pulumi encrypts. */
export const secretValue = (value: unknown) => ({ "fn::secret": value });

const reference = /\$\{([^}]+)\}/g;

/** Returns the names of the resources that a value refers to. */
export function referencesIn(value: unknown): string[] {
    const found = JSON.stringify(value ?? null).matchAll(reference);
    return [...new Set([...found].map(([, path = ""]) => path.split(".")[0] ?? ""))];
}

/** Replaces the references in a value by what `valueOf` returns for the name and the property, if one is named. */
export function withValues(value: unknown, valueOf: (name: string, property: string | undefined) => unknown): unknown {
    if (typeof value === "string") return textWithValues(value, valueOf);
    if (Array.isArray(value)) return value.map((each) => withValues(each, valueOf));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(([key, each]) => [key, withValues(each, valueOf)] as const);
    return Object.fromEntries(entries);
}

function textWithValues(text: string, valueOf: (name: string, property: string | undefined) => unknown): unknown {
    const of = (path: string) => {
        const [name = "", property] = path.split(".");
        return valueOf(name, property);
    };
    const whole = /^\$\{([^}]+)\}$/.exec(text);
    if (whole) return of(whole[1] ?? "");
    return text.replace(reference, (_, path: string) => String(of(path)));
}
