/** Finds the environment variables that sources read. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { checkout } from "./project";

/**
 * Returns the environment variables that the sources in folders read: properties of `process.env`, of a parameter or
 * variable `env` of the type `NodeJS.ProcessEnv`, and the variables of `provenance.ts`, which are in lists.
 */
export function variablesIn(folders: readonly string[]): ReadonlySet<string> {
    const found = new Set<string>();
    for (const folder of folders) {
        for (const path of readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })) {
            if (!path.endsWith(".ts")) continue;
            const text = readFileSync(join(checkout, folder, path), "utf8");
            const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
            const isEnvironment = (node: ts.Expression) =>
                node.getText(source) === "process.env" ||
                (node.getText(source) === "env" && /\benv(?:: NodeJS\.ProcessEnv| = process\.env)/.test(text));
            const visit = (node: ts.Node): void => {
                if (ts.isPropertyAccessExpression(node) && isEnvironment(node.expression)) found.add(node.name.text);
                if (ts.isVariableDeclaration(node) && node.initializer && isEnvironment(node.initializer)) {
                    if (ts.isObjectBindingPattern(node.name))
                        for (const { propertyName, name } of node.name.elements)
                            found.add((propertyName ?? name).getText(source));
                }
                if (ts.isElementAccessExpression(node) && isEnvironment(node.expression)) lists(source, found);
                ts.forEachChild(node, visit);
            };
            visit(source);
        }
    }
    return found;
}

/** Adds the texts in lists that have the form of a variable, in a source that reads variables by an expression. */
function lists(source: ts.SourceFile, found: Set<string>): void {
    const visit = (node: ts.Node): void => {
        if (ts.isStringLiteral(node) && ts.isArrayLiteralExpression(node.parent) && /^[A-Z]\w+$/.test(node.text))
            found.add(node.text);
        ts.forEachChild(node, visit);
    };
    visit(source);
}
