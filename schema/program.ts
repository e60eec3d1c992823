/** Reads the public types of the package with TypeScript's compiler. */
import { join } from "node:path";
import ts from "typescript";

export const root = join(__dirname, "..");

/** The types and classes of the package. */
export interface PublicTypes {
    readonly checker: ts.TypeChecker;
    /** The exports of `index.ts`. */
    readonly exports: readonly ts.Symbol[];
    /** Returns the symbol of an export of `index.ts`. */
    readonly exported: (name: string) => ts.Symbol;
    /** Returns the interface that declares the properties of a type, whatever the type itself is called. */
    readonly interfaceOf: (type: ts.Type) => ts.Symbol | undefined;
}

export function readPublicTypes(): PublicTypes {
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
        config: { compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
    const program = ts.createProgram([join(root, "index.ts")], options);
    const checker = program.getTypeChecker();
    const index = program.getSourceFile(join(root, "index.ts")) as ts.SourceFile;
    const symbols = new Map(
        checker
            .getExportsOfModule(checker.getSymbolAtLocation(index) as ts.Symbol)
            .map((symbol) => [symbol.name, resolved(symbol, checker)]),
    );
    const interfaces = interfacesOf(program, checker);
    return {
        checker,
        exports: [...symbols.values()],
        exported(name) {
            const symbol = symbols.get(name);
            if (symbol === undefined) throw new Error(`index.ts has no export ${name}`);
            return symbol;
        },
        interfaceOf: (type) => interfaces.get(keyOf(type)),
    };
}

const resolved = (symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

/**
 * Returns the interfaces of the package by the places where their properties are declared. A type such as
 * `Inputs<GcRule>` has other types of properties than `GcRule`, but the same declarations.
 */
function interfacesOf(program: ts.Program, checker: ts.TypeChecker): ReadonlyMap<string, ts.Symbol> {
    const found = new Map<string, ts.Symbol>();
    for (const file of program.getSourceFiles()) {
        if (file.isDeclarationFile) continue;
        for (const statement of file.statements) {
            if (!ts.isInterfaceDeclaration(statement)) continue;
            const symbol = checker.getSymbolAtLocation(statement.name) as ts.Symbol;
            found.set(keyOf(checker.getDeclaredTypeOfSymbol(symbol)), symbol);
        }
    }
    return found;
}

const keyOf = (type: ts.Type): string =>
    type
        .getProperties()
        .map(({ declarations }) => declarations?.map((each) => `${each.getSourceFile().fileName}:${each.pos}`).join())
        .sort()
        .join("\n");
