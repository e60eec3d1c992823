/** Returns the schema of the package, from the public types and their docstrings. */
import ts from "typescript";
import { docsOf } from "./docs";
import { examplesSection } from "./examples";
import type { FunctionSpec, PropertySpec, ResourceSpec } from "./format";
import { metadata } from "./metadata";
import { type PublicTypes, readPublicTypes } from "./program";
import { functions, type ResourceDeclaration, resources } from "./resources";
import { objectOf, type Properties, type TypeReader, typeReader } from "./types";

const deleteUnreachable = {
    type: "boolean",
    description:
        "Whether a resource may be removed from Pulumi's state if its engine is unreachable. `pulumi destroy` then " +
        "removes what it can reach, and `pulumi refresh` removes the resource from the state; both report what may be " +
        "left on which engine. Default: `false`.",
} as const satisfies PropertySpec;

export function generateSchema(types: PublicTypes = readPublicTypes()) {
    const reader = typeReader(types);
    const entries = <Declared extends { readonly name: string }, Spec>(
        declared: readonly Declared[],
        specOf: (each: Declared) => Spec,
    ) => Object.fromEntries(declared.map((each) => [`buildx:index:${each.name}`, specOf(each)]));
    const found = {
        resources: entries(resources, (each) => resourceOf(each, types, reader)),
        functions: entries(functions, ({ name, examples }) => functionOf(name, examples, types, reader)),
    };
    const names = Object.keys(reader.objects).sort();
    return {
        ...metadata(),
        config: { variables: { deleteUnreachable } },
        provider: {
            description: "The provider of the package `buildx`, with settings for its resources.",
            properties: { deleteUnreachable },
            inputProperties: { deleteUnreachable },
        },
        types: Object.fromEntries(names.map((name) => [`buildx:index:${name}`, reader.objects[name]])),
        ...found,
    };
}

function resourceOf(
    { name, replaces, examples, importId }: ResourceDeclaration,
    { checker, exported }: PublicTypes,
    reader: TypeReader,
): ResourceSpec {
    const args = reader.propertiesOf(checker.getDeclaredTypeOfSymbol(exported(`${name}Args`)), name);
    const outputs = outputsOf(exported(name), checker, reader);
    const replacing = (key: string) => replaces.includes(key) && { willReplaceOnChanges: true as const };
    for (const key of replaces) if (!(key in args.properties)) throw new Error(`${name} has no argument ${key}`);
    return {
        description: [
            docsOf(exported(name), checker).text,
            examplesSection(examples),
            ...(importId === undefined ? [] : [importSection(name, importId)]),
        ].join("\n\n"),
        properties: outputs.properties,
        required: outputs.required,
        inputProperties: Object.fromEntries(
            Object.entries(args.properties).map(([key, spec]) => [key, { ...spec, ...replacing(key) }]),
        ),
        ...(args.required.length > 0 && { requiredInputs: args.required }),
        // A stack moves from the dynamic provider to the plugin without a change of its resources.
        aliases: [{ type: `pulumi-nodejs:dynamic/buildx:${name}` }],
    };
}

/** Returns the outputs of a resource: the properties of its class. */
function outputsOf(symbol: ts.Symbol, checker: ts.TypeChecker, reader: TypeReader): Properties {
    const declaration = symbol.declarations?.find(ts.isClassDeclaration);
    const members = declaration?.members.filter(ts.isPropertyDeclaration) ?? [];
    const properties = members.map(({ name, type }) => {
        const key = name.getText();
        const value = type && ts.isTypeReferenceNode(type) ? type.typeArguments?.[0] : undefined;
        if (value === undefined) throw new Error(`${symbol.name}.${key} has no type pulumi.Output<…>`);
        const { text } = docsOf(checker.getSymbolAtLocation(name) as ts.Symbol, checker);
        if (text === "") throw new Error(`${symbol.name}.${key} has no docstring`);
        const spec = reader.typeOf(checker.getTypeFromTypeNode(value), `${symbol.name}.${key}`);
        return [key, { ...spec, description: text }] as const;
    });
    return { properties: Object.fromEntries(properties), required: properties.map(([key]) => key) };
}

function functionOf(
    name: string,
    examples: readonly string[],
    { checker, exported }: PublicTypes,
    reader: TypeReader,
): FunctionSpec {
    const capitalized = name.replace(/^./, (first) => first.toUpperCase());
    const typeOf = (suffix: string) => checker.getDeclaredTypeOfSymbol(exported(`${capitalized}${suffix}`));
    return {
        description: `${docsOf(exported(name), checker).text}\n\n${examplesSection(examples)}`,
        inputs: objectOf(undefined, reader.propertiesOf(typeOf("Args"), name)),
        outputs: objectOf(undefined, reader.propertiesOf(typeOf("Result"), `${capitalized}Result`)),
    };
}

const importSection = (name: string, id: { readonly placeholder: string; readonly text: string }) =>
    `## Import\n\n${id.text}\n\n\`\`\`sh\n$ pulumi import buildx:index:${name} <name> ${id.placeholder}\n\`\`\``;
