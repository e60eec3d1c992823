/** The generated pages of the documentation, and the names of the public types. */
import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { configuration } from "../../provider/buildkit/config/keys";
import type { Kind } from "../../provider/buildkit/config/kinds";
import { tomlNames } from "../../provider/buildkit/config/names";
import { generateSchema } from "../../schema/generate";
import { generatePages } from "../../schema/pages";
import { readPublicTypes } from "../../schema/program";
import { checkout } from "../support/project";

const read = (path: string) => readFileSync(join(checkout, path), "utf8");

describe("the reference", () => {
    const types = readPublicTypes();
    let pages: ReadonlyMap<string, string>;

    before(() => {
        pages = generatePages(types, generateSchema(types));
    });

    it("is what the public types, their docstrings and the commands say", () => {
        for (const [path, text] of pages) assert.ok(read(path) === text, `${path} is not current. Run: npm run schema`);
    });

    it("has every argument and output of every resource and function", () => {
        const schema = JSON.parse(read("schema.json")) as {
            resources: Record<string, Record<"properties" | "inputProperties", object>>;
            functions: Record<string, Record<"inputs" | "outputs", { properties: object }>>;
        };
        const all = [...pages.values()].join("\n");
        const keys = [
            ...Object.values(schema.resources).flatMap((each) => [each.properties, each.inputProperties]),
            ...Object.values(schema.functions).flatMap((each) => [each.inputs.properties, each.outputs.properties]),
        ].flatMap((properties) => Object.keys(properties));
        for (const key of keys) assert.ok(all.includes(`\n| \`${key}\` | `), key);
    });

    it("has every key of buildkitd's configuration that is checked", () => {
        const sections = new Map(
            read("docs/reference/buildkitd-config.md")
                .split(/^## /m)
                .map((section) => [(section.split("\n")[0] ?? "").replaceAll("`", ""), section]),
        );
        const inObjects = Object.fromEntries(Object.entries(tomlNames).map(([name, key]) => [key, name]));
        const formerNames = ["gckeepstorage", "keepBytes"];
        const missing: string[] = [];
        const visit = (kind: Kind, path: string): void => {
            if (kind.is === "list") return visit(kind.of, path);
            if (kind.is === "named") return visit(kind.of, `${path}.<name>`);
            if (kind.is !== "table") return;
            for (const [key, inner] of Object.entries(kind.keys)) {
                if (formerNames.includes(key)) continue;
                const name = inObjects[key] ?? key;
                const innerPath = path === "" ? name : `${path}.${name}`;
                const isTable = (each: Kind): boolean =>
                    each.is === "table" || ((each.is === "list" || each.is === "named") && isTable(each.of));
                if (isTable(inner)) visit(inner, innerPath);
                else if (!sections.get(path || "Top level")?.includes(`\n| \`${name}\` | `)) missing.push(innerPath);
            }
        };
        visit(configuration, "");
        assert.deepEqual(missing, []);
        assert.ok(sections.has("worker.oci.gcPolicy"));
    });

    it("names only files that are generated or have no mark", () => {
        const marked = readdirSync(join(checkout, "docs/reference"))
            .map((name) => `docs/reference/${name}`)
            .filter((path) => read(path).includes("<!-- Generated from"));
        assert.deepEqual(marked.sort(), [...pages.keys()].sort());
    });
});

describe("the public types", () => {
    const { checker, exports } = readPublicTypes();

    /** Types that build other types, or whose members the exported types have. No program needs to name them. */
    const unnamed = [
        "BuildxResource",
        "DriverOptions",
        "NodeArguments",
        "NodeOptionInputs",
        "NodeOption",
        "WorkerConfig",
    ].concat(["GcConfig", "WorkerNetworkConfig", "StateReference"]);

    it("are exported if another exported type names them", () => {
        const exported = new Set(exports);
        const missing = new Set<string>();
        for (const symbol of exported) {
            const visit = (node: ts.Node): void => {
                if (ts.isBlock(node) || ts.isHeritageClause(node)) return;
                if (ts.isConstructorDeclaration(node)) node.parameters.forEach(visit);
                if (ts.isTypeReferenceNode(node)) {
                    const named = checker.getSymbolAtLocation(node.typeName);
                    const target =
                        named && named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named;
                    const [declaration] = target?.declarations ?? [];
                    const isOwn =
                        declaration !== undefined &&
                        !ts.isTypeParameterDeclaration(declaration) &&
                        !declaration.getSourceFile().fileName.includes("node_modules");
                    if (isOwn && !exported.has(target as ts.Symbol)) missing.add(`${symbol.name}: ${target?.name}`);
                }
                ts.forEachChild(node, visit);
            };
            for (const declaration of symbol.declarations ?? [])
                if (isDeclared(declaration)) ts.forEachChild(declaration, visit);
        }
        assert.deepEqual(
            [...missing].filter((each) => !unnamed.includes(each.split(": ")[1] ?? "")),
            [],
        );
    });

    it("are documented, each property too", () => {
        const isDocumented = (symbol: ts.Symbol) => symbol.getDocumentationComment(checker).length > 0;
        const undocumented = exports.flatMap((symbol) => {
            const members = checker
                .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))
                .filter(({ declarations }) =>
                    declarations?.every((each) => !each.getSourceFile().fileName.includes("node_modules")),
                )
                .filter(({ name }) => !name.startsWith("__"))
                .filter((member) => {
                    const type = checker.getNonNullableType(checker.getTypeOfSymbol(member));
                    return !isDocumented(member) && !(type.symbol && isDocumented(type.symbol));
                });
            return [
                ...(isDocumented(symbol) ? [] : [symbol.name]),
                ...members.map(({ name }) => `${symbol.name}.${name}`),
            ];
        });
        assert.deepEqual(undocumented, []);
    });
});

const isDeclared = (node: ts.Node) =>
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isVariableDeclaration(node);
