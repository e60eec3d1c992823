/** Shows types on the pages: as TypeScript has them, and as the schema has them. */
import ts from "typescript";
import type { PropertySpec, TypeSpec } from "../format";
import { type PropertyForm, typeNames } from "../forms";
import type { PublicTypes } from "../program";
import { membersOf } from "../types";
import { anchor, code } from "./markdown";

/** An object type that a page describes in its own section. */
export interface ObjectType {
    readonly name: string;
    /** The members of a union of object types, or one object type. */
    readonly members: ts.Type[];
    /** Describes a union of object types. */
    readonly description: string | undefined;
}

/** Pages that describe an object type or a class for all pages. */
const pageOf: Readonly<Record<string, string>> = {
    BuildKitState: "state.md",
    BuildxBuilder: "builder.md",
    BuildkitdConfig: "buildkitd-config.md",
};

/** Returns the name of an object type as a link to its section or page. */
const linkTo = (name: string): string => `[${code(name)}](${pageOf[name] ?? anchor(name)})`;

export class TypeTexts {
    /** The object types that were named so far and that have no page. */
    readonly named: ObjectType[] = [];

    constructor(private readonly types: PublicTypes) {}

    /** Returns the type of a property in TypeScript, without inputs, outputs and promises. */
    ofProperty(symbol: ts.Symbol, form?: PropertyForm): string {
        const declaration = symbol.declarations?.[0];
        const source = declaration?.getText() ?? "";
        return this.of(this.types.checker.getTypeOfSymbol(symbol), source, form?.typeName);
    }

    of(type: ts.Type, source = "", union?: PropertyForm["typeName"]): string {
        const { checker } = this.types;
        const texts = membersOf(type).map((member) => {
            if (member.isStringLiteral()) return code(`"${member.value}"`);
            if (member.flags & ts.TypeFlags.StringLike) return code("string");
            if (member.flags & ts.TypeFlags.NumberLike) return code("number");
            if (member.flags & ts.TypeFlags.BooleanLike) return code("boolean");
            if (member.flags & ts.TypeFlags.Unknown) return "any value";
            if (checker.isArrayType(member)) {
                const item = this.of(checker.getTypeArguments(member as ts.TypeReference)[0] as ts.Type, source);
                return item.includes(" or ") || item.includes("any") ? `list of ${item}` : listOf(item);
            }
            const values = member.getStringIndexType();
            if (values !== undefined) return `object of ${this.of(values, source)}`;
            return this.ofObject(member, union);
        });
        const place = (text: string) => source.indexOf(text.replaceAll("`", ""));
        const isLiteral = texts.every((text) => text.startsWith('`"'));
        return alternatives([
            ...new Set(isLiteral ? texts.sort((one, other) => place(one) - place(other)) : texts.sort(byKind)),
        ]);
    }

    private ofObject(type: ts.Type, union: PropertyForm["typeName"]): string {
        const symbol = this.types.interfaceOf(type) ?? type.getSymbol();
        const own = symbol && symbol.name !== "__type" ? symbol.name : undefined;
        const name = union?.name ?? (own && (typeNames[own] ?? own.replace(/(Args|Arguments|Inputs)$/, "")));
        if (name === undefined) throw new Error("an object type has no name: name its type in forms.ts");
        if (!(name in pageOf)) {
            const known = this.named.find((each) => each.name === name);
            if (known === undefined) this.named.push({ name, members: [type], description: union?.description });
            else if (union !== undefined && !known.members.includes(type)) known.members.push(type);
        }
        return linkTo(name);
    }
}

/** Puts objects behind plain types, and lists at the end. */
const byKind = (one: string, other: string) => rank(one) - rank(other);

const rank = (text: string) => (text.startsWith("list of") ? 2 : text.startsWith("[") ? 1 : 0);

/** Returns alternatives as a part of a sentence. */
const alternatives = (texts: readonly string[]): string =>
    texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`;

/** Returns the type of a property in YAML and in the SDKs of other languages. */
export function yamlText(spec: TypeSpec): string {
    if (spec.$ref === "pulumi.json#/Any") return "any value";
    if (spec.$ref !== undefined) return linkTo(spec.$ref.split(":").at(-1) as string);
    if (spec.items !== undefined) {
        const item = yamlText(spec.items);
        return item.includes("any") ? `list of ${item}` : listOf(item);
    }
    if (spec.additionalProperties !== undefined) return `object of ${yamlText(spec.additionalProperties)}`;
    return code(spec.type === "integer" ? "number" : (spec.type ?? "object"));
}

/** Returns the type of a property, and how YAML differs. */
export function bothTexts(typescript: string, spec: PropertySpec | undefined): string {
    if (spec === undefined) return typescript;
    const yaml = yamlText(spec);
    const isLiteral = yaml === code("string") && typescript.startsWith('`"');
    return yaml === typescript || isLiteral ? typescript : `${typescript}; in YAML ${yaml}`;
}

const listOf = (item: string): string => (/^`[^`]+`$/.test(item) ? code(`${item.slice(1, -1)}[]`) : `list of ${item}`);
