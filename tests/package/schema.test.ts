import { strict as assert } from "node:assert";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSchema } from "../../schema/generate";
import { installedPlugin } from "../support/installedPlugin";
import { checkout } from "../support/project";
import { must, run } from "../support/run";

const file = join(checkout, "schema.json");
const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };

describe("the schema", () => {
    let generated: ReturnType<typeof generateSchema>;

    before(() => {
        generated = generateSchema();
    });

    it("is what the public types and their docstrings say", async () => {
        const committed = await readFile(file, "utf8");
        const text = `${JSON.stringify(generated, undefined, 4)}\n`;
        assert.ok(committed === text, "schema.json is not current. Run: npm run schema");
    });

    it("is valid", async () => {
        const { code, output } = await run("pulumi", ["schema", "check", file], { env });
        assert.equal(code, 0, output);
    });

    it("is what the plugin answers, with the version of the package", async () => {
        const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-schema-"));
        try {
            const plugin = join(folder, "pulumi-resource-buildx");
            const main = await installedPlugin();
            await writeFile(plugin, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
            const answered = JSON.parse(await must("pulumi", ["package", "get-schema", plugin], { env }));
            const own = JSON.parse(await readFile(join(checkout, "package.json"), "utf8"));
            const { version, ...schema } = answered;
            assert.equal(version, own.version);
            // The CLI adds parts that are empty.
            const withoutEmpty = (value: object): object =>
                JSON.parse(JSON.stringify(value, (_, each) => (isEmpty(each) ? undefined : each)));
            const committed = JSON.parse(await readFile(file, "utf8")) as object;
            assert.deepEqual(withoutEmpty(schema as object), withoutEmpty(committed));
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    });

    it("takes no reference to a resource inside an object type, which the Python SDK cannot import", () => {
        assert.doesNotMatch(JSON.stringify(generated.types), /#\/resources\//);
    });
});

const isEmpty = (value: unknown) => typeof value === "object" && value !== null && Object.keys(value).length === 0;
