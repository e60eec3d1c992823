/** The configuration `buildx:plugin`: whether the resources of a program are of the plugin or of the dynamic provider. */
import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import { isLater } from "./inputs";

/** @default false: the dynamic provider */
export const usesPlugin = (): boolean => new pulumi.Config("buildx").getBoolean("plugin") === true;

const dynamicPrefix = "pulumi-nodejs:dynamic/buildx:";
const pluginPrefix = "buildx:index:";

/** @param name the name of the class. */
export const dynamicType = (name: string): string => `${dynamicPrefix}${name}`;

/** @param name the name of the class. */
export const pluginType = (name: string): string => `${pluginPrefix}${name}`;

/**
 * Returns the options of a resource with an alias for its other type, so that the stack can move in both directions.
 * Each alias of the program, for example a former name, is also valid with the other type.
 *
 * @param name the name of the class.
 */
export function withOtherType(
    opts: pulumi.CustomResourceOptions | undefined,
    name: string,
): pulumi.CustomResourceOptions {
    const types: Types = { [dynamicType(name)]: pluginType(name), [pluginType(name)]: dynamicType(name) };
    const other = usesPlugin() ? dynamicType(name) : pluginType(name);
    const given = opts?.aliases ?? [];
    return {
        ...opts,
        aliases: [...given, ...given.flatMap((alias) => inOtherType(alias, types, other)), { type: other }],
    };
}

type GivenAlias = NonNullable<pulumi.CustomResourceOptions["aliases"]>[number];

/** By each type of a class, its other type. */
type Types = Readonly<Record<string, string>>;

/** Returns an alias with the other type: none for an alias with a third type, or as an output. */
function inOtherType(alias: GivenAlias, types: Types, other: string): GivenAlias[] {
    if (isLater(alias)) return [];
    if (typeof alias === "string")
        return Object.entries(types).flatMap(([one, another]) => replaced(alias, one, another));
    if (alias.type === undefined) return [{ ...alias, type: other }];
    const type = typeof alias.type === "string" ? types[alias.type] : undefined;
    return type === undefined ? [] : [{ ...alias, type }];
}

/** Returns a URN with another type, or nothing if its type is not `type`. The types of its parents stay. */
const replaced = (urn: string, type: string, other: string): string[] => {
    const [stack, project, types = "", ...name] = urn.split("::");
    if (types.split("$").at(-1) !== type) return [];
    return [[stack, project, types.slice(0, -type.length) + other, ...name].join("::")];
};

let version: string | undefined;

/** Returns the version of this package, which is also the version of its plugin. */
export const pluginVersion = (): string =>
    (version ??= (createRequire(__filename)("pulumi-buildx/package.json") as { version: string }).version);
