/** The pages of the resources and functions: arguments, outputs, defaults and errors. */
import ts from "typescript";
import { docsOf } from "../docs";
import { examplesOnPage } from "../examples";
import type { PropertySpec } from "../format";
import { formsOf, secrets } from "../forms";
import type { PublicTypes } from "../program";
import type { ResourceDeclaration } from "../resources";
import { code, page, table } from "./markdown";
import { bothTexts, type ObjectType, TypeTexts } from "./typeText";

type Specs = Readonly<Record<string, PropertySpec>>;

/** The parts of the schema that the pages show. */
export interface ShownSchema {
    readonly types: Readonly<Record<string, { readonly properties: Specs } | undefined>>;
    readonly resources: Readonly<Record<string, { readonly inputProperties: Specs } | undefined>>;
    readonly functions: Readonly<
        Record<
            string,
            | { readonly inputs: { readonly properties: Specs }; readonly outputs: { readonly properties: Specs } }
            | undefined
        >
    >;
}

export interface Source {
    readonly types: PublicTypes;
    readonly schema: ShownSchema;
}

/** Returns the page of a resource. */
export function resourcePage({ name, replaces, examples, importId }: ResourceDeclaration, source: Source): string {
    const { checker, exported } = source.types;
    const texts = new TypeTexts(source.types);
    const symbol = exported(name);
    const args = checker.getDeclaredTypeOfSymbol(exported(`${name}Args`));
    const inputs = source.schema.resources[`buildx:index:${name}`]?.inputProperties ?? {};
    const tables = [
        `## Arguments\n\n${propertiesTable("argument", args, { owner: name, specs: inputs, replaces }, source, texts)}`,
        `## Outputs\n\n${outputsTable(symbol, source, texts)}`,
    ];
    return page(
        name,
        docsOf(symbol, checker).text,
        `${names(name)} [What each change does](changes.md) describes updates and replacements.`,
        ...tables,
        ...typeSections(texts, source),
        methodsSection(symbol, checker),
        `## Examples\n\n${examplesOnPage(examples).trim()}`,
        importId &&
            `## Import\n\n${importId.text}\n\n\`\`\`sh\npulumi import buildx:index:${name} NAME ${importId.placeholder.slice(1, -1).toUpperCase()}\n\`\`\``,
        "## Errors\n\n`pulumi preview` and `pulumi up` report an invalid argument with the name of the property. " +
            "[Troubleshooting](../troubleshooting.md) lists other messages.",
    );
}

const names = (name: string): string =>
    `The type of the resource is \`buildx:${name}\` in YAML, and \`buildx.${name}\` in TypeScript, Python and Go. Names of ` +
    "arguments and outputs are the same in TypeScript and YAML; Python writes them in snake_case, Go with a capital letter.";

/** Returns the page of the functions. */
export function functionsPage(
    declared: readonly { name: string; examples: readonly string[] }[],
    source: Source,
): string {
    const { checker, exported } = source.types;
    const texts = new TypeTexts(source.types);
    const ofFunction = (name: string, args: string, result: string | undefined, examples: readonly string[] = []) => {
        const symbol = exported(name);
        const spec = source.schema.functions[`buildx:index:${name}`];
        const tableOf = (title: string, type: string, specs: Specs = {}) => {
            const declaredType = checker.getDeclaredTypeOfSymbol(exported(type));
            return propertiesTable(title, declaredType, { owner: name, specs, replaces: [] }, source, texts);
        };
        const { summary, failure } = docsOf(symbol, checker);
        return [
            `## ${name}`,
            summary,
            ...(failure === undefined ? [] : [`Fails ${failure}.`]),
            tableOf("argument", args, spec?.inputs.properties),
            ...(result === undefined ? [] : [tableOf("result", result, spec?.outputs.properties)]),
            ...(examples.length > 0 ? [examplesOnPage(examples).trim()] : []),
        ].join("\n\n");
    };
    const sections = declared.flatMap(({ name, examples }) => {
        const capitalized = name.replace(/^./, (first) => first.toUpperCase());
        return [
            ofFunction(name, `${capitalized}Args`, `${capitalized}Result`, examples),
            ofFunction(`${name}Output`, `${capitalized}OutputArgs`, undefined),
        ];
    });
    return page(
        "Functions",
        "`getBuilder` and `getState` are available in every language, `archiveState` in TypeScript and JavaScript. " +
            "`archiveState` needs no Pulumi: `pulumi-buildx/archive` exports it without loading Pulumi's SDK.",
        ...sections,
        ofFunction("archiveState", "ArchiveStateArgs", "ArchiveResult"),
        ...typeSections(texts, source),
    );
}

interface Owner {
    /** The name of the resource, function or type that has the properties. */
    readonly owner: string;
    /** The properties in the schema. */
    readonly specs: Specs;
    readonly replaces: readonly string[];
    /** Whether one of the properties has to be set, not each. */
    readonly isUnion?: boolean;
}

function propertiesTable(
    title: string,
    type: ts.Type | readonly ts.Type[],
    owner: Owner,
    { types }: Source,
    texts: TypeTexts,
): string {
    const { checker } = types;
    const properties = [type].flat().flatMap((each) => propertiesOf(each, checker));
    const rows = uniqueNames(properties).map((symbol) => {
        const docs = docsOf(symbol, checker);
        const [form] = formsOf(owner.owner, symbol.name) ?? [];
        const text = bothTexts(texts.ofProperty(symbol, form), owner.specs[symbol.name]);
        const isRequired = title === "argument" && !owner.isUnion && !(symbol.flags & ts.SymbolFlags.Optional);
        const sentences = [
            docs.summary || typeSummary(symbol, types),
            ...(secrets.includes(`${owner.owner}.${symbol.name}`) ? ["Stored as a secret if it is PEM text."] : []),
            ...(owner.replaces.includes(symbol.name) ? ["A change replaces the resource."] : []),
        ];
        return [code(symbol.name), text, isRequired ? "required" : (docs.default ?? ""), sentences.join(" ")];
    });
    return table([title, "type", "default", "description"], rows);
}

/** Returns the properties that a user writes: without other spellings and internal ones. */
export const propertiesOf = (type: ts.Type, checker: ts.TypeChecker): ts.Symbol[] =>
    checker
        .getPropertiesOfType(type)
        .filter((symbol) => !symbol.name.startsWith("__") && !docsOf(symbol, checker).isOtherSpelling);

const uniqueNames = (symbols: readonly ts.Symbol[]): ts.Symbol[] =>
    symbols.filter(({ name }, index) => symbols.findIndex((each) => each.name === name) === index);

/** Returns the docstring of a property's object type, for a property without a docstring. */
function typeSummary(symbol: ts.Symbol, { checker, interfaceOf }: PublicTypes): string {
    const type = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
    const ofType = interfaceOf(type);
    return ofType === undefined ? "" : docsOf(ofType, checker).summary;
}

function outputsTable(symbol: ts.Symbol, { types: { checker } }: Source, texts: TypeTexts): string {
    const declaration = symbol.declarations?.find(ts.isClassDeclaration);
    const members = declaration?.members.filter(ts.isPropertyDeclaration) ?? [];
    const rows = members.map(({ name, type }) => {
        const value = type && ts.isTypeReferenceNode(type) ? type.typeArguments?.[0] : undefined;
        if (value === undefined) throw new Error(`${symbol.name}.${name.getText()} has no type pulumi.Output<…>`);
        const { summary } = docsOf(checker.getSymbolAtLocation(name) as ts.Symbol, checker);
        return [code(name.getText()), texts.of(checker.getTypeFromTypeNode(value), value.getText()), summary];
    });
    return table(["output", "type", "description"], rows);
}

/** Returns a section for each object type that the tables before name, and for those that these name in turn. */
function typeSections(texts: TypeTexts, source: Source): string[] {
    const { checker, interfaceOf } = source.types;
    const sections: string[] = [];
    for (const { name, members, description } of growing(texts.named)) {
        const symbol = interfaceOf(members[0] as ts.Type);
        const specs = source.schema.types[`buildx:index:${name}`]?.properties ?? {};
        const title = name.endsWith("Outputs") || name === "CacheUsage" ? "output" : "argument";
        const owner = { owner: name, specs, replaces: [], isUnion: description !== undefined };
        const summary = description ?? (symbol && docsOf(symbol, checker).summary);
        const properties = propertiesTable(title, members, owner, source, texts);
        sections.push([`## ${name}`, ...(summary ? [summary] : []), properties].join("\n\n"));
    }
    return sections;
}

/** Iterates over a list that grows during the iteration. */
function* growing(list: readonly ObjectType[]): Generator<ObjectType> {
    for (let index = 0; index < list.length; index++) yield list[index] as ObjectType;
}

/** Returns the section of a class's methods. */
function methodsSection(symbol: ts.Symbol, checker: ts.TypeChecker): string | undefined {
    const declaration = symbol.declarations?.find(ts.isClassDeclaration);
    const methods = declaration?.members.filter(ts.isMethodDeclaration) ?? [];
    if (methods.length === 0) return undefined;
    const sections = methods.map((method) => {
        const own = checker.getSymbolAtLocation(method.name) as ts.Symbol;
        const { summary, failure } = docsOf(own, checker);
        const isStatic = method.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
        const parameters = own
            .getJsDocTags(checker)
            .filter(({ name }) => name === "param")
            .map(({ text = [] }) =>
                ts
                    .displayPartsToString(text)
                    .replace(/^(\w+) (.)/, (_, name: string, first: string) => `- \`${name}\`: ${first}`),
            );
        const signature = `${isStatic ? `${symbol.name}.` : ""}${method.name.getText()}(${method.parameters.map(({ name }) => name.getText()).join(", ")})`;
        return [
            `### ${code(signature)}`,
            summary,
            ...(parameters.length > 0 ? [parameters.join("\n")] : []),
            ...(failure === undefined ? [] : [`Fails ${failure}.`]),
        ].join("\n\n");
    });
    return `## Methods in TypeScript\n\n${sections.join("\n\n")}`;
}
