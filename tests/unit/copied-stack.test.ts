import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CopiedStack, stackFile } from "../../bench/support/stackFile";

const resource = (index: number) => ({
    urn: `urn:pulumi:test::t1::buildx:index:BuildxBuilder::b${index}`,
    type: "buildx:index:BuildxBuilder",
    id: `t1-${index}-`,
    inputs: { name: `t1-${index}-`, nodes: [{ name: `t1-node-${index}` }] },
});

const stack = { urn: "urn:pulumi:test::t1::pulumi:pulumi:Stack::t1-test", type: "pulumi:pulumi:Stack" };

const provider = { urn: "urn:pulumi:test::t1::pulumi:providers:buildx::default", type: "pulumi:providers:buildx" };

describe("a stack with copies of its builders", () => {
    it("has their resources and their files, and its original state again", async () => {
        const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-test-"));
        try {
            const project = { backend: join(folder, "backend"), store: join(folder, "store"), unique: "t1" };
            const write = async (path: string, text: string) => {
                await mkdir(dirname(path), { recursive: true });
                await writeFile(path, text);
            };
            const resources = [stack, provider, resource(0), resource(1)];
            const original = JSON.stringify({ version: 3, checkpoint: { latest: { resources } } });
            await write(stackFile(project), original);
            for (const index of [0, 1]) {
                await write(join(project.store, "instances", `t1-${index}-`), `{"Name":"t1-${index}-"}\n`);
                await write(join(project.store, "files", `t1-${index}-`, "a.yaml"), `t1-${index}-`);
            }
            const saved = async () => {
                const { checkpoint } = JSON.parse(await readFile(stackFile(project), "utf8")) as {
                    checkpoint: { latest: { resources: object[] } };
                };
                return checkpoint.latest.resources;
            };
            const copied = await CopiedStack.of(project, 2);

            await copied.write(4);
            const copy = { ...resource(3), inputs: { name: "t1-3-", nodes: [{ name: "t1-node-1" }] } };
            assert.deepEqual((await saved()).at(-1), copy); // the node is shared, the builder is not
            assert.equal((await saved()).length, 6);
            assert.equal(await readFile(join(project.store, "instances", "t1-3-"), "utf8"), '{"Name":"t1-3-"}\n');
            assert.equal(await readFile(join(project.store, "files", "t1-2-", "a.yaml"), "utf8"), "t1-2-");

            await copied.write(1);
            assert.deepEqual(await saved(), [stack, provider, resource(0)]);
            await copied.write(0);
            assert.deepEqual(await saved(), [stack]);
            await copied.restore();
            assert.equal(await readFile(stackFile(project), "utf8"), original);
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    });
});
