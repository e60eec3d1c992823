/** The SDKs that Pulumi generates from the schema. */
import { strict as assert } from "node:assert";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { python, sdkOf } from "../support/languages";
import { checkout } from "../support/project";
import { must } from "../support/run";

describe("an SDK that is generated from the schema", () => {
    let folder: string;

    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-sdk-"));
    });

    afterEach(() => rm(folder, { recursive: true, force: true }));

    it("is installed and imported by Python", async () => {
        const program =
            "import pulumi_buildx as buildx, pulumi_buildx.outputs, json\n" +
            "print(json.dumps([name for name in dir(buildx) if name[0] != '_']))";
        const env = { PYTHONPATH: await sdkOf("python") };
        const names: string[] = JSON.parse(await must(join(python(), "bin/python"), ["-c", program], { env }));
        for (const name of ["BuildxBuilder", "BuildKitState", "NodeArgs", "GcRuleArgs", "get_builder", "get_state"])
            assert.ok(names.includes(name), names.join());
    });

    it("is compiled by Go, and so are the examples", async () => {
        const schema = JSON.parse(await readFile(join(checkout, "schema.json"), "utf8"));
        const path: string = schema.language.go.importBasePath;
        await cp(join(await sdkOf("go"), "buildx"), join(folder, "buildx"), { recursive: true });
        await writeFile(join(folder, "buildx/go.mod"), `module ${path}\n\ngo 1.24\n`);
        const tools = join(checkout, "environment/tools");
        const requirements = await readFile(join(tools, "go.mod"), "utf8");
        const added = `\nrequire ${path} v0.0.0\n\nreplace ${path} => ./buildx\n`;
        await writeFile(join(folder, "go.mod"), requirements + added);
        await cp(join(tools, "go.sum"), join(folder, "go.sum"));
        const examples = await convertedExamples("go");
        for (const { name, text } of examples) {
            await mkdir(join(folder, name));
            await writeFile(join(folder, name, "main.go"), text);
        }
        const packages = examples.map(({ name }) => `./${name}`);
        const env = { GOFLAGS: "-mod=mod -trimpath -gcflags=all=-dwarf=false", CGO_ENABLED: "0" }; // as the CLI was built, for Go's cache
        await must("go", ["vet", `${path}/...`, ...packages], { cwd: folder, env });
    });

    it("is compiled by TypeScript, and so are the examples with the classes of the built package", async () => {
        await cp(join(await sdkOf("nodejs"), "nodejs"), join(folder, "sdk"), { recursive: true });
        await mkdir(join(folder, "examples"));
        for (const { name, text } of await convertedExamples("typescript"))
            await writeFile(join(folder, "examples", `${name}.ts`), text);
        await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
        // One compilation, because reading the types of Pulumi's SDK takes most of its time.
        const compilerOptions = {
            noEmit: true,
            strict: true,
            target: "es2022",
            module: "commonjs",
            moduleResolution: "node10",
            skipLibCheck: true,
            types: ["node"],
            baseUrl: folder,
            paths: { "pulumi-buildx": [join(checkout, "dist/index.d.ts")] },
        };
        const include = ["sdk/**/*.ts", "examples/*.ts"];
        await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include }));
        await must("tsc", ["--project", folder]);
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
