import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { removeLeftovers } from "./docker";
import { writeNewStack } from "./newStack";
import { type Ended, must, run } from "./run";

export const checkout = resolve(__dirname, "../..");

/** The part of a deployment's state that tests read. */
export interface ResourceInState {
    urn: string;
    type: string;
    id: string;
    inputs: Record<string, unknown>;
    outputs: Record<string, unknown>;
    initErrors?: string[];
    /** The place in the program that creates it. */
    sourcePosition?: string;
}

/** What a project may share with another project. By default it has its own. */
export interface PlaceOptions {
    store?: string;
    unique?: string;
    backend?: string;
}

/**
 * A Pulumi project with its own stack, backend, buildx store and Pulumi home.
 *
 * `unique` is the prefix of all names that it creates on the engine.
 */
export class Project {
    readonly env: NodeJS.ProcessEnv;

    protected constructor(
        readonly folder: string,
        readonly unique: string,
        readonly store: string,
        readonly backend: string,
    ) {
        this.env = {
            BUILDX_CONFIG: store,
            PULUMI_BACKEND_URL: `file://${backend}`,
            PULUMI_HOME: join(folder, "home"),
            PULUMI_STACK: "test",
            PULUMI_CONFIG_PASSPHRASE: "test",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            NO_COLOR: "1",
            GOGC: "400", // makes programs in Go, which live for seconds here, collect garbage less often
            NODE_COMPILE_CACHE: join(tmpdir(), "pulumi-buildx-test-compile-cache"),
            NODE_OPTIONS: `--require ${join(__dirname, "lighter.cjs")}`,
        };
    }

    static async make(options: PlaceOptions & { modules?: string } = {}): Promise<Project> {
        const project = new Project(...(await Project.places(options)));
        if (options.modules === "none") project.loadAll();
        await project.writeJavaScript(options.modules);
        await project.initStack();
        return project;
    }

    /** Writes the files of a project in JavaScript. */
    protected async writeJavaScript(modules = join(checkout, "node_modules")): Promise<void> {
        const { folder, unique } = this;
        const runtime = "runtime:\n  name: nodejs\n  options:\n    typescript: false\n";
        await writeFile(join(folder, "Pulumi.yaml"), `name: ${unique}\n${runtime}main: index.js\n`);
        await writeFile(join(folder, "package.json"), JSON.stringify({ name: unique, main: "index.js" }));
        if (modules !== "none") await symlink(modules, join(folder, "node_modules")).catch(unlessExists);
    }

    /** Creates the folders of a project and chooses its names. Returns the arguments of the constructor. */
    protected static async places(options: PlaceOptions): Promise<[string, string, string, string]> {
        const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-test-"));
        const unique = options.unique ?? `t${randomBytes(4).toString("hex")}`;
        const { store = join(folder, "buildx"), backend = join(folder, "backend") } = options;
        await mkdir(backend, { recursive: true });
        return [folder, unique, store, backend];
    }

    protected async initStack(): Promise<void> {
        await writeNewStack({ folder: this.folder, backend: this.backend, project: this.unique });
    }

    /** Makes Pulumi's SDK load everything that it loads for users. This takes twice as long. */
    loadAll(): void {
        delete this.env.NODE_OPTIONS;
    }

    /** Writes the program, in JavaScript. `buildx`, `pulumi` and `unique` are already defined. */
    async program(body: string): Promise<void> {
        const head =
            'const pulumi = require("@pulumi/pulumi");\nconst buildx = require("pulumi-buildx");\n' +
            `const unique = ${JSON.stringify(this.unique)};\n`;
        await writeFile(join(this.folder, "index.js"), head + body);
    }

    try(command: string, ...args: string[]): Promise<Ended> {
        const asked = ["up", "refresh", "destroy"].includes(command) ? ["--yes", "--skip-preview"] : [];
        return run("pulumi", [command, "--non-interactive", ...asked, ...args], { cwd: this.folder, env: this.env });
    }

    private async must(command: string, args: string[]): Promise<Ended> {
        const ended = await this.try(command, ...args);
        if (ended.code !== 0)
            throw new Error(`pulumi ${command} failed with exit code ${ended.code}:\n${ended.output}`);
        return ended;
    }

    up = (...args: string[]): Promise<Ended> => this.must("up", args);
    preview = (...args: string[]): Promise<Ended> => this.must("preview", args);
    refresh = (...args: string[]): Promise<Ended> => this.must("refresh", args);
    destroy = (...args: string[]): Promise<Ended> => this.must("destroy", args);

    async config(key: string, value: string, { secret = false } = {}): Promise<void> {
        const args = ["config", "set", "--non-interactive", ...(secret ? ["--secret"] : []), "--", key, value];
        await must("pulumi", args, { cwd: this.folder, env: this.env });
    }

    /** Runs a command that must fail. Returns its output. */
    async failing(command: string, ...args: string[]): Promise<string> {
        const { code, output } = await this.try(command, ...args);
        if (code === 0) throw new Error(`pulumi ${command} did not fail, but must fail:\n${output}`);
        return output;
    }

    /** Returns the outputs of the stack. */
    async outputs<T = Record<string, unknown>>(): Promise<T> {
        const stack = (await this.checkpoint()).find(({ type }) => type === "pulumi:pulumi:Stack");
        return stack?.outputs as T;
    }

    /** Returns the resources in the state, without the stack and its provider. */
    async state(): Promise<ResourceInState[]> {
        return (await this.checkpoint()).filter(({ type }) => type.includes("buildx:"));
    }

    /** Reads the state from the backend's file, which is faster than starting Pulumi. */
    private async checkpoint(): Promise<ResourceInState[]> {
        const path = join(this.backend, ".pulumi/stacks", this.unique, "test.json");
        const { checkpoint }: { checkpoint: { latest?: { resources?: ResourceInState[] } } } = JSON.parse(
            await readFile(path, "utf8"),
        );
        return checkpoint.latest?.resources ?? [];
    }

    urn = (type: string, name: string): string =>
        `urn:pulumi:test::${this.unique}::pulumi-nodejs:dynamic/buildx:${type}::${name}`;

    buildx(...args: string[]): Promise<string> {
        return must("docker", ["buildx", ...args], { env: this.env });
    }

    /** Returns the names of the builders that have a record. */
    async records(): Promise<string[]> {
        return readdir(join(this.store, "instances")).catch(() => []);
    }

    async record(name: string): Promise<Record<string, unknown>> {
        return JSON.parse(await readFile(join(this.store, "instances", name), "utf8"));
    }

    async remove(): Promise<void> {
        await removeLeftovers(this.unique);
        await rm(this.folder, { recursive: true, force: true });
    }
}

function unlessExists(error: NodeJS.ErrnoException): void {
    if (error.code !== "EEXIST") throw error;
}

/** Runs a test with its own project and cleans up afterwards, even if the test fails. */
export function withProject(
    test: (project: Project) => Promise<void>,
    options?: Parameters<typeof Project.make>[0],
): () => Promise<void> {
    return cleaning(() => Project.make(options), test);
}

/** Returns a test that works on a project and removes it afterwards, even if the test fails. */
export const cleaning =
    <Any extends Project>(make: () => Promise<Any>, test: (project: Any) => Promise<void>) =>
    async (): Promise<void> => {
        const project = await make();
        try {
            await test(project);
        } finally {
            await project.remove();
        }
    };
