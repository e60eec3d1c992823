/** Turns types of TypeScript into types of the schema. */
import ts from "typescript";
import { docsOf, sentenceOfUnits, sentenceOfValues, withSentence } from "./docs";
import type { ObjectSpec, PropertySpec, TypeSpec } from "./format";
import { formsOf, integers, type PropertyForm, secrets, typeNames } from "./forms";
import type { PublicTypes } from "./program";

export const typeRef = (name: string) => `#/types/buildx:index:${name}`;

/** Properties with the names of the required ones. */
export interface Properties {
    readonly properties: Readonly<Record<string, PropertySpec>>;
    readonly required: readonly string[];
}

export interface TypeReader {
    /** Returns the properties of an interface, each as the schema has it. */
    readonly propertiesOf: (type: ts.Type, owner: string) => Properties;
    /** Returns the schema's type of a value. */
    readonly typeOf: (type: ts.Type, at: string) => TypeSpec;
    /** The object types that were needed so far, by name. */
    readonly objects: Readonly<Record<string, ObjectSpec>>;
}

/** Which members of a union a property of the schema takes. */
export type Form = "object" | "list" | "text" | "any";

export function typeReader({ checker, interfaceOf }: PublicTypes): TypeReader {
    const objects: Record<string, ObjectSpec> = {};

    function propertiesOf(type: ts.Type, owner: string): Properties {
        const properties: Record<string, PropertySpec> = {};
        const required: string[] = [];
        const symbols = checker.getPropertiesOfType(type);
        for (const symbol of symbols) {
            const docs = docsOf(symbol, checker);
            if (docs.isOtherSpelling || symbol.name.startsWith("__")) continue;
            const forms = formsOf(owner, symbol.name) ?? [{ name: symbol.name }];
            for (const form of forms) {
                // A class may have the property of the other form itself, with a docstring of its own.
                if (form.name !== symbol.name && symbols.some(({ name }) => name === form.name)) continue;
                properties[form.name] = propertyOf(symbol, `${owner}.${form.name}`, form);
                if (!(symbol.flags & ts.SymbolFlags.Optional) && forms.length === 1) required.push(form.name);
            }
        }
        return { properties, required };
    }

    function propertyOf(symbol: ts.Symbol, at: string, form: PropertyForm): PropertySpec {
        const docs = docsOf(symbol, checker);
        const type = checker.getTypeOfSymbol(symbol);
        const spec = form.type ?? typeOf(type, at, form);
        const ofType = objects[spec.$ref?.replace(typeRef(""), "") ?? ""]?.description;
        const text = form.description ?? (docs.text.startsWith("Default: ") || docs.text === "" ? ofType : undefined);
        const description = withSentence(joined(text, docs.text, form), sentenceOf(symbol, type, docs.text));
        if (text === undefined && docs.text === "") throw new Error(`${at} has no docstring: write one in its source`);
        return {
            ...spec,
            description,
            ...(secrets.includes(at) && { secret: true }),
            ...(docs.deprecation !== undefined && { deprecationMessage: docs.deprecation }),
        };
    }

    function typeOf(type: ts.Type, at: string, { takes = "any", typeName }: Partial<PropertyForm> = {}): TypeSpec {
        const members = membersOf(type).filter((member) => fits(member, takes));
        const lists = members.filter((member) => checker.isArrayType(member));
        const item = lists[0] && checker.getTypeArguments(lists[0] as ts.TypeReference)[0];
        if (item !== undefined) return { type: "array", items: typeOf(item, at) };
        if (has(members, ts.TypeFlags.StringLike)) return { type: "string" };
        if (has(members, ts.TypeFlags.NumberLike))
            return { type: integers.includes(at.split(".").at(-1) as string) ? "integer" : "number" };
        if (has(members, ts.TypeFlags.BooleanLike)) return { type: "boolean" };
        const [first] = members;
        if (first === undefined) throw new Error(`${at} has no type that the schema can express`);
        if (first.flags & ts.TypeFlags.Unknown) return { $ref: "pulumi.json#/Any" };
        const values = first.getStringIndexType();
        if (values !== undefined) return { type: "object", additionalProperties: typeOf(values, at) };
        return { type: "object", $ref: typeRef(members.length > 1 ? merged(members, at, typeName) : named(first, at)) };
    }

    /** Adds the object type of an interface, and returns its name. */
    function named(type: ts.Type, at: string): string {
        const symbol = interfaceOf(type);
        if (symbol === undefined) throw new Error(`${at} has an object type without a name: declare an interface`);
        const name = typeNames[symbol.name] ?? symbol.name.replace(/(Args|Arguments|Inputs)$/, "");
        if (name in objects) return name;
        const { text } = docsOf(symbol, checker);
        if (text === "") throw new Error(`${symbol.name} has no docstring: write one in its source`);
        objects[name] = { description: text, type: "object", properties: {} }; // for a type that contains itself
        objects[name] = objectOf(text, propertiesOf(type, name));
        return name;
    }

    /** Adds one object type for a union of object types, with all of their properties, and returns its name. */
    function merged(members: readonly ts.Type[], at: string, typeName: PropertyForm["typeName"]): string {
        if (typeName === undefined) throw new Error(`${at} is a union of object types: name its type in forms.ts`);
        const all = members.map((member) => propertiesOf(member, typeName.name).properties);
        objects[typeName.name] = objectOf(typeName.description, {
            properties: Object.assign({}, ...all) as Properties["properties"],
            required: [],
        });
        return typeName.name;
    }

    return { propertiesOf, typeOf, objects };
}

export const objectOf = (description: string | undefined, { properties, required }: Properties): ObjectSpec => ({
    ...(description !== undefined && { description }),
    type: "object",
    properties,
    ...(required.length > 0 && { required }),
});

/** Returns the members of a union without `undefined`, promises and outputs. */
export const membersOf = (type: ts.Type): readonly ts.Type[] =>
    (type.isUnion() ? type.types : [type]).filter(
        (member) =>
            !(member.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) &&
            member.getProperty("then") === undefined &&
            member.getProperty("apply") === undefined,
    );

const has = (members: readonly ts.Type[], flag: ts.TypeFlags) => members.some(({ flags }) => (flags & flag) !== 0);

/** Returns what a description has to say about the values of a property beyond its docstring. */
function sentenceOf(symbol: ts.Symbol, type: ts.Type, docs: string): string | undefined {
    const members = membersOf(type);
    if (has(members, ts.TypeFlags.NumberLike) && has(members, ts.TypeFlags.StringLike))
        return sentenceOfUnits(symbol.name, docs.replace(/Default: [\s\S]*/, ""));
    if (!members.every((member) => member.isStringLiteral())) return undefined;
    const source = symbol.declarations?.[0]?.getText() ?? "";
    const values = members.map((member) => member.value);
    if (values.every((value) => docs.includes(value))) return undefined;
    return sentenceOfValues(values.sort((one, other) => source.indexOf(`"${one}"`) - source.indexOf(`"${other}"`)));
}

function fits(type: ts.Type, form: Form): boolean {
    const isText = (type.flags & ts.TypeFlags.StringLike) !== 0;
    const isList = !isText && type.getProperty("length") !== undefined;
    if (form === "text") return isText;
    if (form === "list") return isList;
    return form === "any" || (!isText && !isList);
}

/** Returns the description of a property: a text for all languages, and the default of the docstring. */
function joined(text: string | undefined, docs: string, { default: own }: PropertyForm): string {
    if (text === undefined) return docs;
    const value = own ?? /Default: [\s\S]*$/.exec(docs)?.[0] ?? "";
    return text.includes("Default: ") ? text : `${text} ${value}`.trim();
}
