/** The SDKs that Pulumi generates from the schema. */
import { strict as assert } from "node:assert";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { checkout } from "../support/project";
import { must } from "../support/run";

describe("an SDK that is generated from the schema", () => {
    let folder: string;

    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-sdk-"));
    });

    afterEach(() => rm(folder, { recursive: true, force: true }));

    /** Generates the SDK of a language, and returns its folder. */
    async function generate(language: "python" | "go" | "nodejs"): Promise<string> {
        const PATH = `${environmentFolder("PULUMI_BUILDX_TEST_LANGUAGES")}${delimiter}${process.env.PATH}`;
        const env = { PATH, PULUMI_SKIP_UPDATE_CHECK: "true" };
        const schema = join(folder, "schema.json");
        const read = JSON.parse(await readFile(join(checkout, "schema.json"), "utf8"));
        await writeFile(schema, JSON.stringify({ ...read, version: "0.0.1" }));
        await must("pulumi", ["package", "gen-sdk", schema, "--language", language, "--out", folder], { env });
        return join(folder, language);
    }

    it("is imported by Python", async () => {
        const sdk = await generate("python");
        const python = join(environmentFolder("PULUMI_BUILDX_TEST_PYTHON"), "bin/python");
        // The SDK asks for the version of its installed package.
        const installed = join(sdk, "pulumi_buildx-0.0.1.dist-info");
        await mkdir(installed);
        const metadata = "Metadata-Version: 2.1\nName: pulumi_buildx\nVersion: 0.0.1\n";
        await writeFile(join(installed, "METADATA"), metadata);
        const program =
            "import pulumi_buildx as buildx, pulumi_buildx.outputs, json\n" +
            "print(json.dumps([name for name in dir(buildx) if name[0] != '_']))";
        const names: string[] = JSON.parse(await must(python, ["-c", program], { env: { PYTHONPATH: sdk } }));
        for (const name of ["BuildxBuilder", "BuildKitState", "NodeArgs", "GcRuleArgs", "get_builder", "get_state"])
            assert.ok(names.includes(name), names.join());
    });

    it("is compiled by Go, and so are the examples", async () => {
        const sdk = join(await generate("go"), "buildx");
        const schema = JSON.parse(await readFile(join(checkout, "schema.json"), "utf8"));
        const path: string = schema.language.go.importBasePath;
        const program = join(folder, "program");
        await cp(sdk, join(program, "buildx"), { recursive: true });
        await writeFile(join(program, "buildx/go.mod"), `module ${path}\n\ngo 1.24\n`);
        const tools = join(checkout, "environment/tools");
        const requirements = await readFile(join(tools, "go.mod"), "utf8");
        const added = `\nrequire ${path} v0.0.0\n\nreplace ${path} => ./buildx\n`;
        await writeFile(join(program, "go.mod"), requirements + added);
        await cp(join(tools, "go.sum"), join(program, "go.sum"));
        const examples = await convertedExamples("go");
        for (const { name, text } of examples) {
            await mkdir(join(program, name));
            await writeFile(join(program, name, "main.go"), text);
        }
        const packages = examples.map(({ name }) => `./${name}`);
        const env = { GOFLAGS: "-mod=mod -trimpath -gcflags=all=-dwarf=false", CGO_ENABLED: "0" }; // as the CLI was built, for Go's cache
        await must("go", ["vet", `${path}/...`, ...packages], { cwd: program, env });
    });

    it("is compiled by TypeScript", async () => {
        const sdk = await generate("nodejs");
        await symlink(join(checkout, "node_modules"), join(sdk, "node_modules"));
        await must("tsc", ["--project", sdk, "--noEmit"]);
    });
});

describe("the examples of the schema", () => {
    it("are valid with the classes of the built package", async () => {
        const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-examples-"));
        try {
            for (const { name, text } of await convertedExamples("typescript"))
                await writeFile(join(folder, `${name}.ts`), text);
            const compilerOptions = {
                noEmit: true,
                strict: true,
                target: "es2022",
                module: "commonjs",
                moduleResolution: "node10",
                skipLibCheck: true,
                types: ["node"],
                typeRoots: [join(checkout, "node_modules/@types")],
                baseUrl: folder,
                paths: {
                    "pulumi-buildx": [join(checkout, "dist/index.d.ts")],
                    "*": [join(checkout, "node_modules/*")],
                },
            };
            await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
            await must("tsc", ["--project", folder]);
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    });
});

/** Returns the examples of the schema in a language. */
async function convertedExamples(language: "typescript" | "go"): Promise<{ name: string; text: string }[]> {
    const source = join(checkout, "schema/examples/converted");
    const files = await readdir(source);
    const block = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m");
    const examples = files.map(async (file) => {
        const text = block.exec(await readFile(join(source, file), "utf8"))?.[1];
        assert.ok(text, `${file} has no ${language}`);
        return { name: file.replace(/\.md$/, ""), text };
    });
    return Promise.all(examples);
}

function environmentFolder(name: string): string {
    const folder = process.env[name];
    if (!folder) throw new Error(`${name} is not set. Run: eval "$(environment/up --for-tests)"`);
    return folder;
}
