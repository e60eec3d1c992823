/**
 * Arguments that may have two forms. The schema of the plugin has no type of two forms, so it has two properties
 * instead. A lifecycle takes both forms as one argument.
 */
import { unknown } from "./unknown";

type Properties = Readonly<Record<string, unknown>>;

/** An argument of two forms. */
export interface TwoForms {
    /** The argument of the lifecycle. In the schema, the property of the first form. */
    readonly argument: string;
    /** In the schema, the property of the second form. */
    readonly property: string;
    /** Whether a value of the argument has the second form. */
    readonly isSecond: (value: unknown) => boolean;
}

/** Limits, or a list of rules. */
export const gcForms: TwoForms = { argument: "gc", property: "gcRules", isSecond: Array.isArray };

/** An object, or the text of a `buildkitd.toml`. */
export const configForms: TwoForms = {
    argument: "buildkitdConfig",
    property: "buildkitdToml",
    isSecond: (value) => typeof value === "string",
};

/** @throws {Error} if both forms of an argument are set. */
export function requireOneForm(properties: Properties, { argument, property }: TwoForms): void {
    if (properties[argument] === undefined || properties[property] === undefined) return;
    throw new Error(`${argument} and ${property} are two forms of one setting: set one of them`);
}

/**
 * Returns properties with both forms as one argument.
 *
 * @throws {Error} if both forms are set. Both may be unknown at preview, if it is not known which one will be set.
 */
export function mergeForms(properties: Properties, forms: TwoForms): Properties {
    const { argument, property } = forms;
    const { [property]: second, ...others } = properties;
    if (second === undefined) return others;
    if (second !== unknown || others[argument] !== unknown) requireOneForm(properties, forms);
    return { ...others, [argument]: second };
}

/** Returns arguments of a lifecycle with each form as its own property. */
export function separateForms(args: Properties, { argument, property, isSecond }: TwoForms): Properties {
    const { [argument]: value, ...others } = args;
    return isSecond(value) ? { ...others, [property]: value } : args;
}

/**
 * Returns the paths of a resource option, for example `ignoreChanges`, with each path to one form of an argument also as
 * the path to its other form.
 */
export function pathsOfBothForms(paths: readonly string[]): string[] {
    const others = [gcForms, configForms].flatMap(({ argument, property }) => [
        [argument, property] as const,
        [property, argument] as const,
    ]);
    const added = paths.flatMap((path) =>
        others.flatMap(([one, other]) => {
            const key = new RegExp(`^((?:nodes\\[[^\\]]*\\]\\.)?)${one}(?![^.[])`);
            return key.test(path) ? [path.replace(key, `$1${other}`)] : [];
        }),
    );
    return [...new Set([...paths, ...added])];
}

/** Returns the names of arguments with the names of their second forms. */
export const namesOfBothForms = (names: readonly string[]): string[] => {
    const second = [gcForms, configForms].filter(({ argument }) => names.includes(argument));
    return [...names, ...second.map(({ property }) => property)];
};

/**
 * Returns the path of an argument as the program writes it.
 *
 * @param second the paths of the properties that the program gives in the second form, for example `gcRules`.
 */
export function pathInProgram(path: string, second: readonly string[]): string {
    for (const given of second) {
        const form = [gcForms, configForms].find(({ property }) => given.endsWith(property));
        const first = form === undefined ? given : given.slice(0, -form.property.length) + form.argument;
        const rest = path.slice(first.length);
        if (path.startsWith(first) && /^($|[.[])/.test(rest)) return given + rest;
    }
    return path;
}
