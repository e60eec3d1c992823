/** Pulumi projects in YAML, Python and Go, which reach the resources through the plugin. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { YamlProgram } from "./program";
import { checkout, cleaning, type PlaceOptions, Project } from "./project";
import { installedPlugin } from "./installedPlugin";
import { must } from "./run";

export const packageVersion = async (): Promise<string> =>
    (JSON.parse(await readFile(join(checkout, "package.json"), "utf8")) as { version: string }).version;

/**
 * Returns the `PATH` without folders that have the plugin: Pulumi would start that one instead of the installed one. The
 * Node.js of the tests comes first, because npm puts it into such a folder.
 */
const pathWithoutPlugin = (): string =>
    [dirname(process.execPath), ...(process.env.PATH ?? "").split(delimiter)]
        .filter((folder) => !existsSync(join(folder, "pulumi-resource-buildx")))
        .join(delimiter);

/** A Pulumi project with the plugin installed in its own Pulumi home. */
abstract class PluginProject extends Project {
    protected async prepare(): Promise<void> {
        this.env.PATH = pathWithoutPlugin();
        this.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION = "true";
        await this.writeProject("");
        await Promise.all([this.initStack(), this.installPlugin()]);
    }

    /** Writes `Pulumi.yaml`. */
    protected abstract writeProject(body: string): Promise<void>;

    /** Writes what `pulumi plugin install` writes, which takes less time. `install.test.ts` has the command itself. */
    private async installPlugin(): Promise<void> {
        const plugins = join(this.env.PULUMI_HOME ?? "", "plugins");
        const folder = join(plugins, `resource-buildx-v${await packageVersion()}`);
        await mkdir(folder, { recursive: true });
        // The plugin loads as it does for users.
        const script = `#!/bin/sh\nunset NODE_OPTIONS\nexec "${process.execPath}" "${await installedPlugin()}" "$@"\n`;
        await writeFile(join(folder, "pulumi-resource-buildx"), script, { mode: 0o755 });
    }

    override urn = (type: string, name: string): string =>
        `urn:pulumi:test::${this.unique}::buildx:index:${type}::${name}`;

    /** Writes a program in YAML, also if the project has another language. */
    async yaml(program: string | YamlProgram): Promise<void> {
        await writeFile(join(this.folder, "Pulumi.yaml"), yamlProject(this.unique, program));
    }
}

export class YamlProject extends PluginProject {
    static override async make(options: PlaceOptions = {}): Promise<YamlProject> {
        const project = new YamlProject(...(await Project.places(options)));
        await project.prepare();
        return project;
    }

    /** Writes the program, as YAML or as an object: without the name and the runtime of the project. */
    override async program(program: string | YamlProgram): Promise<void> {
        await this.yaml(program);
    }

    protected override writeProject(body: string): Promise<void> {
        return this.yaml(body);
    }
}

/** Returns the content of `Pulumi.yaml`. */
function yamlProject(name: string, program: string | YamlProgram): string {
    const entries = () => Object.entries(program).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`); // JSON is YAML
    return `name: ${name}\nruntime: yaml\n${typeof program === "string" ? program : entries().join("")}`;
}

/**
 * A project whose program is in JavaScript, with the dynamic provider or with the plugin, or in YAML: its stack moves
 * from one to another.
 */
export class MovingProject extends PluginProject {
    static override async make(options: PlaceOptions = {}): Promise<MovingProject> {
        const project = new MovingProject(...(await Project.places(options)));
        await project.prepare();
        return project;
    }

    /** Writes the program in JavaScript. */
    override async program(body: string): Promise<void> {
        await this.writeJavaScript();
        await super.program(body);
    }

    protected override writeProject(): Promise<void> {
        return this.writeJavaScript();
    }
}

/** A project in Python. Programs import the SDK, which is generated from the schema, as `pulumi_buildx`. */
export class PythonProject extends PluginProject {
    static override async make(options: PlaceOptions = {}): Promise<PythonProject> {
        const project = new PythonProject(...(await Project.places(options)));
        await project.prepare();
        project.env.PYTHONPATH = await sdkOf("python");
        return project;
    }

    /** Writes the program. `pulumi`, `buildx` and `unique` are already defined. */
    override async program(body: string): Promise<void> {
        await this.writeProject();
        const head = `import pulumi\nimport pulumi_buildx as buildx\n\nunique = ${JSON.stringify(this.unique)}\n`;
        await writeFile(join(this.folder, "__main__.py"), head + body);
    }

    protected override writeProject(): Promise<void> {
        const runtime = { name: "python", options: { toolchain: "pip", virtualenv: python() } };
        return writeFile(join(this.folder, "Pulumi.yaml"), JSON.stringify({ name: this.unique, runtime }));
    }
}

/** The virtual environment with Pulumi's SDK. */
export function python(): string {
    const folder = process.env.PULUMI_BUILDX_TEST_PYTHON;
    if (!folder) throw new Error('PULUMI_BUILDX_TEST_PYTHON is not set. Run: eval "$(environment/up --for-tests)"');
    return folder;
}

/** A project in Go. Programs import the SDK, which is generated from the schema, as `buildx`. */
export class GoProject extends PluginProject {
    private importPath = "";

    static override async make(options: PlaceOptions = {}): Promise<GoProject> {
        const project = new GoProject(...(await Project.places(options)));
        await project.prepare();
        await project.writeModule(join(await sdkOf("go"), "buildx"));
        return project;
    }

    /** Writes the body of the function that `pulumi.Run` calls, without its end `return nil`. `unique` is defined. */
    override program(body: string): Promise<void> {
        const text = `package main

import (
	"${this.importPath}"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const unique = ${JSON.stringify(this.unique)}

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
${body}
		return nil
	})
}
`;
        return writeFile(join(this.folder, "main.go"), text);
    }

    /** Writes the module of the program. It has the CLI's versions of all modules. */
    private async writeModule(sdk: string): Promise<void> {
        const schema = JSON.parse(await readFile(join(checkout, "schema.json"), "utf8")) as {
            language: { go: { importBasePath: string } };
        };
        this.importPath = schema.language.go.importBasePath;
        const own = join(this.folder, "buildx");
        await cp(sdk, own, { recursive: true });
        await writeFile(join(own, "go.mod"), `module ${this.importPath}\n\ngo 1.21\n`);
        const tools = join(checkout, "environment/tools");
        const requirements = await readFile(join(tools, "go.mod"), "utf8");
        const added = `\nrequire ${this.importPath} v0.0.0\n\nreplace ${this.importPath} => ./buildx\n`;
        await writeFile(join(this.folder, "go.mod"), requirements + added);
        await cp(join(tools, "go.sum"), join(this.folder, "go.sum"));
        Object.assign(this.env, { GOFLAGS: "-mod=mod -trimpath -gcflags=all=-dwarf=false", CGO_ENABLED: "0" }); // as the CLI was built, for Go's cache
    }

    protected override writeProject(): Promise<void> {
        return writeFile(join(this.folder, "Pulumi.yaml"), `name: ${this.unique}\nruntime: go\n`);
    }
}

type Language = "python" | "go" | "nodejs";

/** Brings a generated SDK into the folder from which programs use it, by language. */
const install: Readonly<Record<Language, (generated: string, installed: string) => Promise<unknown>>> = {
    python(generated, installed) {
        const source = ["--no-deps", "--no-index", "--no-build-isolation", join(generated, "python")];
        return must(join(python(), "bin/python"), [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--target",
            installed,
            ...source,
        ]);
    },
    go: (generated, installed) => rename(join(generated, "go/buildx"), join(installed, "buildx")),
    nodejs: (generated, installed) => rename(join(generated, "nodejs"), join(installed, "nodejs")),
};

/** Returns a folder with the SDK that Pulumi generates from the schema. It is generated once for each schema. */
export async function sdkOf(language: Language): Promise<string> {
    const version = await packageVersion();
    const schema = await readFile(join(checkout, "schema.json"), "utf8");
    const key = createHash("sha256").update(`${schema} ${version} ${process.env.PULUMI_BUILDX_TEST_PYTHON}`);
    const installed = join(tmpdir(), `pulumi-buildx-test-sdk-${language}-${key.digest("hex").slice(0, 16)}`);
    if (existsSync(installed)) return installed;
    const generated = await mkdtemp(join(tmpdir(), "pulumi-buildx-test-generated-"));
    try {
        const file = join(generated, "schema.json");
        await writeFile(file, JSON.stringify({ ...(JSON.parse(schema) as object), version }));
        const env = {
            PATH: pathWithoutPlugin(),
            PULUMI_HOME: join(generated, "home"),
            PULUMI_SKIP_UPDATE_CHECK: "true",
        };
        await must("pulumi", ["package", "gen-sdk", file, "--language", language, "--out", generated], { env });
        const complete = join(generated, "installed");
        await mkdir(complete);
        await install[language](generated, complete);
        await rename(complete, installed).catch((error: NodeJS.ErrnoException) => {
            if (!existsSync(installed)) throw error; // another test was faster
        });
        return installed;
    } finally {
        await rm(generated, { recursive: true, force: true });
    }
}

type Test<Any> = (project: Any) => Promise<void>;

/** Runs a test with its own project and cleans up afterwards, even if the test fails. */
export const withYamlProject = (test: Test<YamlProject>, options?: PlaceOptions) =>
    cleaning(() => YamlProject.make(options), test);

export const withPythonProject = (test: Test<PythonProject>, options?: PlaceOptions) =>
    cleaning(() => PythonProject.make(options), test);

export const withGoProject = (test: Test<GoProject>, options?: PlaceOptions) =>
    cleaning(() => GoProject.make(options), test);

export const withMovingProject = (test: Test<MovingProject>, options?: PlaceOptions) =>
    cleaning(() => MovingProject.make(options), test);
