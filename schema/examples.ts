/**
 * The examples in the descriptions of the schema. Each is a YAML program in `examples/`, and `examples/converted/` has
 * it in the other languages.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = join(__dirname, "examples");
const convertedFolder = join(folder, "converted");

/** The languages that an example is converted to, with the name of the converted program. */
const languages = { typescript: "index.ts", python: "__main__.py", go: "main.go" } as const;

/** Returns the section of a description that Pulumi's documentation shows as examples, one tab for each language. */
export const examplesSection = (names: readonly string[]): string =>
    ["{{% examples %}}", "## Example Usage", ...names.map(exampleSection), "{{% /examples %}}"].join("\n\n");

function exampleSection(name: string): string {
    const { title, converted, program } = readExample(name);
    return `{{% example %}}\n### ${title}\n\n${converted}${block("yaml", program)}{{% /example %}}`;
}

/** Returns an example in TypeScript and in YAML for a page of the documentation. */
export function examplesOnPage(names: readonly string[]): string {
    return names
        .map((name) => {
            const { title, converted, program } = readExample(name);
            const [typescript = ""] = /^```typescript\n[\s\S]*?^```\n/m.exec(converted) ?? [];
            return `### ${title}\n\n${typescript.replace("```typescript", "```ts")}\n${block("yaml", program)}`;
        })
        .join("\n");
}

function readExample(name: string) {
    const yaml = readFileSync(join(folder, `${name}.yaml`), "utf8");
    const [, title, program] = /^# (.+)\n([\s\S]+)$/.exec(yaml) ?? [];
    if (title === undefined || program === undefined) throw new Error(`${name}.yaml does not start with "# <title>"`);
    const converted = readConverted(name);
    if (!converted.startsWith(mark(yaml)))
        throw new Error(`${name}.yaml changed after it was converted. Run: npm run schema -- --convert`);
    return { title, program, converted: converted.slice(mark(yaml).length) };
}

/** Returns the converted programs of an example, below a mark of the program from which they were converted. */
const readConverted = (name: string): string => {
    const path = join(convertedFolder, `${name}.md`);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
};

const mark = (yaml: string): string =>
    `<!-- converted from ${createHash("sha256").update(yaml).digest("hex").slice(0, 16)} -->\n`;

const block = (language: string, text: string): string => `\`\`\`${language}\n${text.trim()}\n\`\`\`\n`;

/**
 * Converts each example that changed since it was converted. It uses `pulumi convert`, which asks the plugin on the PATH
 * for its schema. An example whose file in `converted/` was removed is converted again.
 *
 * @throws {Error} if `pulumi`, `pulumi-converter-yaml`, a `pulumi-language-…` or `pulumi-resource-buildx` is missing.
 */
export function convertExamples(): void {
    mkdirSync(convertedFolder, { recursive: true });
    for (const file of readdirSync(folder).filter((each) => each.endsWith(".yaml"))) {
        const program = readFileSync(join(folder, file), "utf8");
        if (readConverted(file.replace(/\.yaml$/, "")).startsWith(mark(program))) continue;
        const source = mkdtempSync(join(tmpdir(), "pulumi-buildx-example-"));
        try {
            writeFileSync(join(source, "Pulumi.yaml"), `name: example\nruntime: yaml\n${program}`);
            const blocks = Object.keys(languages).map((language) => block(language, convert(source, language)));
            writeFileSync(join(convertedFolder, file.replace(/yaml$/, "md")), mark(program) + blocks.join(""));
        } finally {
            rmSync(source, { recursive: true, force: true });
        }
    }
}

function convert(source: string, language: string): string {
    const out = join(source, language);
    const args = ["convert", "--from", "yaml", "--language", language, "--generate-only", "--out", out];
    execFileSync("pulumi", args, { cwd: source, stdio: ["ignore", "pipe", "pipe"] });
    const program = readFileSync(join(out, languages[language as keyof typeof languages]), "utf8");
    // Pulumi exports the result of a function as it is, which Go does not compile.
    const isPlain = /:= buildx\.Get\w+\(/.test(program);
    return isPlain
        ? program.replace(/ctx\.Export\(("\w+"), (\w+\.\w+)\)/g, "ctx.Export($1, pulumi.ToOutput($2))")
        : program;
}
