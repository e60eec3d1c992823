/** The documentation: what it shows works, and what it links to exists. */
import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { kinds } from "../../cli/doctor/kinds";
import { readConfig } from "../../provider/buildkit/config/read";
import { brokenLink, type Block, docstringBlocks, parsePage, readPages, registryPages } from "../support/pages";
import { checkout } from "../support/project";
import {
    cliErrors,
    commandsIn,
    gitlabScripts,
    isMap,
    namesIn,
    npmScriptsIn,
    parseYaml,
    programErrors,
    type Schema,
    shellError,
    workflowErrors,
    workflowIn,
} from "../support/snippets";
import { typeErrors } from "../support/typeCheck";
import { variablesIn } from "../support/variables";

const pages = readPages();
const blocks = pages.flatMap((page) => page.blocks);
const inLanguage = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));
const placeOf = ({ path, line }: Block) => `${path}:${line}`;
const json = async (path: string) => JSON.parse(await readFile(join(checkout, path), "utf8"));

/** Returns what a check says against blocks, each with its place. */
async function errorsIn(
    checked: readonly Block[],
    check: (block: Block) => Promise<readonly (string | undefined)[]>,
): Promise<string[]> {
    const found = checked.map(async (block) => {
        const errors = await check(block).catch((error: Error) => [error.message]);
        return errors.filter((error) => error !== undefined).map((error) => `${placeOf(block)}: ${error}`);
    });
    return (await Promise.all(found)).flat();
}

describe("a program in the documentation", () => {
    /** Blocks whose errors are known, to see that the check finds them. They are checked together with all others. */
    const example = (path: string, text: string): Block => ({ path, line: 1, language: "ts", flags: [], text });
    const right = example(
        "right",
        'new BuildxBuilder("ci", { state });\nstate.volumeName.apply((name) => name.trim());',
    );
    const wrong = example("wrong", '\nnew buildx.BuildxBuilder("ci", { driverOpts: { memroy: "2g" } });');
    let errors: readonly string[];

    before(() => {
        const written = [...blocks, ...docstringBlocks()].filter(
            ({ language, flags }) => ["ts", "typescript"].includes(language) && !flags.includes("no-check"),
        );
        errors = typeErrors([...written, right, wrong]);
    });

    it("compiles, in TypeScript, on pages and in docstrings", () =>
        assert.deepEqual(
            errors.filter((error) => !error.startsWith("wrong:")),
            [],
        ));

    it("does not compile with a typing error", () => {
        const [error = "", ...others] = errors.filter((each) => each.startsWith("wrong:"));
        assert.match(error, /^wrong:2: .*'memroy' does not exist/s);
        assert.deepEqual(others, []);
    });

    it("is the file that it names", () =>
        errorsIn(blocks, async ({ flags, text }) => {
            const file = flags.find((flag) => flag.startsWith("file="))?.slice("file=".length);
            if (file === undefined) return [];
            const content = await readFile(join(checkout, file), "utf8");
            return [text.trim() === content.trim() ? undefined : `is not the content of ${file}`];
        }).then((errors) => assert.deepEqual(errors, [])));

    it("has known resources and properties, in YAML", async () => {
        const schema = (await json("schema.json")) as Schema;
        const errors = await errorsIn(inLanguage("yaml"), async ({ text }) =>
            parseYaml(text).flatMap((program) => programErrors(program, schema)),
        );
        assert.deepEqual(errors, []);
        const wrong = parseYaml(
            [
                "resources:",
                "  builder: { type: buildx:BuildxBuilder, properties: { gc: [], state: ci, memory: 2g, use: 'yes' } }",
                "  other: { type: buildx:Builder }",
                "outputs: { name: '${builder.nam}', node: '${builder.nodes[0].name}' }",
            ].join("\n"),
        );
        assert.deepEqual(programErrors(wrong[0] ?? null, schema), [
            "builder.gc is not an object",
            "builder.state is not a resource: write ${name}",
            "builder has no property memory",
            "builder.use is not a boolean",
            "buildx:Builder is not a resource",
            "${builder.nam} is not an output",
        ]);
    });
});

describe("a configuration in the documentation", () => {
    it("is one that buildkitd accepts, in TOML", async () => {
        const problems = async ({ text }: Pick<Block, "text">) =>
            (await readConfig(text)).problems.map(({ path, reason }) => `${path.join(".")}: ${reason}`);
        assert.deepEqual(await errorsIn(inLanguage("toml"), problems), []);
        assert.equal((await problems({ text: "[worker.oci]\nmaxUsedSpac = 1" })).length, 1);
    });

    it("is a valid workflow of GitHub or pipeline of GitLab, in YAML", async () => {
        const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-docs-"));
        let count = 0;
        const check = async (text: string) => {
            const found = parseYaml(text).map(async (value) => {
                const workflow = workflowIn(text, value);
                if (workflow === undefined) return Promise.all(gitlabScripts(value).map(shellError));
                const path = join(folder, `${count++}.yaml`);
                await writeFile(path, workflow);
                return [await workflowErrors("workflow", path)];
            });
            return (await Promise.all(found)).flat();
        };
        try {
            assert.deepEqual(await errorsIn(inLanguage("yaml"), ({ text }) => check(text)), []);
            const [wrong] = await check("- uses: actions/checkout@v5\n- run: echo ${{ secret.A }}");
            assert.match(wrong ?? "", /undefined variable "secret"/);
            const [broken] = await check("job:\n  script: ['if true']");
            assert.match(broken ?? "", /syntax error/);
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    });
});

describe("a command in the documentation", () => {
    it("is one that bash can parse", async () => {
        const check = async (block: Pick<Block, "language" | "text">) => [await shellError(commandsIn(block))];
        assert.deepEqual(await errorsIn(inLanguage("sh", "bash", "console"), check), []);
        const [error] = await check({ language: "console", text: "$ echo $(\nits (output)" });
        assert.match(error ?? "", /unexpected EOF/);
    });

    it("is a script of package.json, or a command of pulumi-buildx", async () => {
        const { scripts } = await json("package.json");
        const errors = pages.flatMap(({ path, text }) => [
            ...npmScriptsIn(text)
                .filter((name) => !(name in scripts))
                .map((name) => `${path}: npm run ${name}`),
            ...cliErrors(text).map((error) => `${path}: ${error}`),
        ]);
        assert.deepEqual(errors, []);
        assert.deepEqual(npmScriptsIn("`npm run no:such`, npm test, npm run --silent build"), [
            "no:such",
            "test",
            "build",
        ]);
        assert.equal(cliErrors("npx pulumi-buildx stats, npx pulumi-buildx status --jsn, npx pulumi-buildx").length, 2);
    });

    it("names settings, resources and functions that exist", async () => {
        const { config, resources, functions } = await json("schema.json");
        const tokens = [resources, functions].flatMap((each) => Object.keys(each as object));
        const names = [
            ...tokens.map((token) => token.split(":")[2]),
            ...Object.keys(config.variables as object),
            "plugin",
        ];
        const errors = pages.flatMap(({ path, text }) =>
            namesIn(text)
                .filter((name) => name !== "index" && !names.includes(name))
                .map((name) => `${path}: buildx:${name}`),
        );
        assert.deepEqual(errors, []);
        assert.deepEqual(namesIn("buildx:deleteUnreachable buildx:index:getState moby/buildkit:buildx-stable-1"), [
            "deleteUnreachable",
            "getState",
        ]);
    });
});

describe("the pages of the documentation", () => {
    it("link to files and headings that exist", () => {
        const broken = pages.flatMap((page) => page.links.map((link) => brokenLink(page, link, pages)));
        assert.deepEqual(broken.filter(Boolean), []);
        const page = parsePage("docs/a.md", "# The `first` one\n[a](#the-first-one) [b](#b) [c](b.md)");
        assert.deepEqual(
            page.links.map((link) => brokenLink(page, link, [page])),
            [undefined, "docs/a.md: there is no heading for #b", "docs/a.md: there is no file for b.md"],
        );
    });

    it("are linked from the README or from another page", () => {
        const linked = pages.flatMap(({ path, links }) =>
            links.map((link) => join(dirname(path), link.split("#")[0] ?? "")),
        );
        const unlinked = pages
            .map(({ path }) => path)
            .filter((path) => path.startsWith("docs/") && !registryPages.includes(path) && !linked.includes(path));
        assert.deepEqual(unlinked, []);
    });

    it("have one title and a unique name for each heading", () => {
        const wrong = pages.flatMap(({ path, headings, text }) => {
            const titles = text.replace(/^```[\s\S]*?^```/gm, "").match(/^# /gm) ?? [];
            const repeated = headings.filter((heading, index) => headings.indexOf(heading) !== index);
            return [
                ...(titles.length === 1 || registryPages.includes(path) ? [] : [`${path}: ${titles.length} titles`]),
                ...repeated.map((heading) => `${path}: two headings "${heading}"`),
            ];
        });
        assert.deepEqual(wrong, []);
    });

    it("include a README of at most 180 lines", () => {
        const lines = pages.find(({ path }) => path === "README.md")?.text.split("\n").length ?? 0;
        assert.ok(lines <= 180, `${lines} lines`);
    });

    it("name the versions that the tests run with", async () => {
        const page = pages.find(({ path }) => path === "docs/compatibility.md")?.text ?? "";
        const row = (name: string) => page.split("\n").find((line) => line.startsWith(`| ${name} |`)) ?? "";
        const { devDependencies, peerDependencies, engines } = (await json("package.json")) as Record<
            "devDependencies" | "peerDependencies" | "engines",
            Record<string, string>
        >;
        const goModule = async (folder: string, module: string) => {
            const text = await readFile(join(checkout, "environment/tools", folder, "go.mod"), "utf8");
            return new RegExp(`${module} v(\\S+)`).exec(text)?.[1] ?? `no ${module} in go.mod`;
        };
        const number = (range = "") => range.replace(/^[^\d]*/, "");
        const pins = [
            ["Buildx", await goModule(".", "docker/buildx")],
            ["BuildKit", await goModule(".", "moby/buildkit")],
            ["BuildKit", await goModule("older-buildkit", "moby/buildkit")],
            ["Pulumi CLI", await goModule(".", "pulumi/pkg/v3")],
            ["`@pulumi/pulumi`", number(devDependencies["@pulumi/pulumi"])],
            ["`@pulumi/pulumi`", number(peerDependencies["@pulumi/pulumi"])],
            ["Node.js", number(devDependencies.node).replace(/(\.0)+$/, "")],
            ["Node.js", number(engines.node)],
        ] as const;
        for (const [name, version] of pins)
            assert.ok(
                new RegExp(`[| ]${version.replaceAll(".", "\\.")}(?![\\d.])`).test(row(name)),
                `${name} ${version}: ${row(name)}`,
            );
    });
});

describe("the page of environment variables", () => {
    const page = pages.find(({ path }) => path === "docs/reference/environment.md")?.text ?? "";
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    const named = rows.flatMap((row) =>
        [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
    );

    it("has each variable that the package reads, once", () => {
        const read = variablesIn(["provider", "cli"]);
        for (const known of ["DOCKER_HOST", "BUILDX_CONFIG", "NO_COLOR", "SUDO_UID", "ImageOS"])
            assert.ok(read.has(known), known);
        assert.deepEqual([...read].filter((name) => !named.includes(name)).sort(), []);
        assert.deepEqual(
            named.filter((name, index) => named.indexOf(name) !== index),
            [],
        );
    });

    it("has no variable that nothing reads", () => {
        const read = variablesIn(["provider", "cli"]);
        const byNode = ["NODE_EXTRA_CA_CERTS"];
        const unread = named.filter((name) => !name.startsWith("buildx:") && !read.has(name) && !byNode.includes(name));
        assert.deepEqual(unread, []);
    });

    it("has each setting of Pulumi's configuration", async () => {
        const { config } = (await json("schema.json")) as { config: { variables: object } };
        const settings = [...Object.keys(config.variables), "plugin"].map((key) => `buildx:${key}`);
        assert.deepEqual(
            named.filter((name) => name.startsWith("buildx:")),
            settings,
        );
    });
});

describe("the page of troubleshooting", () => {
    const { text } = pages.find(({ path }) => path === "docs/troubleshooting.md") ?? assert.fail();
    const headingsOf = (title: string) => {
        const section = text.split(/^## /m).find((each) => each.startsWith(`${title}\n`)) ?? assert.fail(title);
        return [...section.matchAll(/^### (.+)$/gm)].map(([, heading]) => (heading as string).replaceAll("`", ""));
    };

    it("has only messages whose constant parts are in the source", () => {
        const source = sourceOf("provider") + sourceOf("cli");
        const messages = headingsOf("Messages");
        const missing = messages.flatMap((each) => each.split(/ ?… ?/)).filter((part) => !source.includes(part));
        assert.deepEqual(missing, []);
        assert.ok(messages.length > 15);
    });

    it("has each kind of finding", () => assert.deepEqual(headingsOf("Findings of doctor"), Object.keys(kinds)));
});

/** Returns the source of a folder. Texts that are joined by `+` are one text. */
const sourceOf = (folder: string): string =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts") && !path.endsWith("kinds.ts"))
        .map((path) => readFileSync(join(checkout, folder, path), "utf8").replace(/["`] \+\s+["`]/g, ""))
        .join("\n");

describe("a block of YAML", () => {
    it("is recognized by its content", () => {
        assert.equal(isMap(parseYaml("a: 1")[0]), true);
        assert.throws(() => parseYaml("a: [1"), /flow/i);
    });
});
