/** Type-checks the programs of the documentation as a user's compiler does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import type { Block } from "./pages";
import { checkout } from "./project";

/** What a block may use without a declaration: modules by the names that the pages give them, and usual variables. */
const known: Readonly<Record<string, string>> = {
    buildx: 'import * as buildx from "pulumi-buildx";',
    pulumi: 'import * as pulumi from "@pulumi/pulumi";',
    dockerBuild: 'import * as dockerBuild from "@pulumi/docker-build";',
    readFileSync: 'import { readFileSync } from "node:fs";',
    state: 'declare const state: import("pulumi-buildx").BuildKitState;',
    builder: 'declare const builder: import("pulumi-buildx").BuildxBuilder;',
    image: 'declare const image: import("@pulumi/docker-build").Image;',
    config: 'declare const config: import("@pulumi/pulumi").Config;',
    ...Object.fromEntries(["date", "week", "version"].map((name) => [name, `declare const ${name}: string;`])),
};

const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    esModuleInterop: true,
    skipLibCheck: true,
    noEmit: true,
    types: ["node"],
    baseUrl: checkout,
    paths: {
        "pulumi-buildx": ["index.ts"],
        "pulumi-buildx/archive": ["provider/transfer/archiveState.ts"],
    },
};

/** Returns the errors in blocks, each with its place. */
export function typeErrors(blocks: readonly Block[]): string[] {
    const exported = exportsOfPackage();
    const files = new Map(
        blocks.map((block, index) => [
            join(checkout, `block-${index}.ts`),
            { block, text: withDeclarations(block.text, exported) },
        ]),
    );
    const host = ts.createCompilerHost(options);
    const onDisk = { ...host };
    host.fileExists = (path) => files.has(path) || onDisk.fileExists(path);
    host.getSourceFile = (path, ...others) => {
        const file = files.get(path);
        return file === undefined
            ? onDisk.getSourceFile(path, ...others)
            : ts.createSourceFile(path, file.text, ts.ScriptTarget.ES2022, true);
    };
    const program = ts.createProgram([...files.keys()], options, host);
    return [...files].flatMap(([path, { block }]) => {
        const source = program.getSourceFile(path) as ts.SourceFile;
        return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
            ({ start = 0, messageText }) => {
                const { line } = source.getLineAndCharacterOfPosition(start);
                return `${block.path}:${block.line + line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
            },
        );
    });
}

/** Returns a block as a module. The declarations that it needs are on its first line, so that lines keep their number. */
function withDeclarations(text: string, exported: readonly string[]): string {
    const source = ts.createSourceFile("block.ts", text, ts.ScriptTarget.ES2022, true);
    const declared = new Set<string>();
    const used = new Set<string>();
    const visit = (node: ts.Node): void => {
        if (ts.isIdentifier(node)) (isDeclaration(node) ? declared : used).add(node.text);
        ts.forEachChild(node, visit);
    };
    visit(source);
    const missing = [...used].filter((name) => !declared.has(name));
    const declarations = missing.map((name) =>
        exported.includes(name) ? `import { ${name} } from "pulumi-buildx";` : (known[name] ?? ""),
    );
    return `export {};${declarations.join("")}${text}`;
}

function isDeclaration(node: ts.Identifier): boolean {
    const { parent } = node;
    const isNamed =
        ts.isVariableDeclaration(parent) ||
        ts.isFunctionDeclaration(parent) ||
        ts.isClassDeclaration(parent) ||
        ts.isParameter(parent) ||
        ts.isBindingElement(parent) ||
        ts.isImportClause(parent) ||
        ts.isNamespaceImport(parent) ||
        ts.isImportSpecifier(parent);
    return isNamed && parent.name === node;
}

/** Returns the names that `index.ts` exports. */
function exportsOfPackage(): string[] {
    const text = readFileSync(join(checkout, "index.ts"), "utf8");
    return [...text.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, names = ""]) =>
        names.split(",").flatMap((name) => name.replace(/\btype\b/, "").trim() || []),
    );
}
