import { strict as assert } from "node:assert";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { observeFilesIn, restoreFiles, writeFiles } from "../../provider/resources/builder/ownFiles";

describe("the files of a builder", () => {
    let store: string;
    const before = process.env.BUILDX_CONFIG;

    beforeEach(async () => {
        store = await mkdtemp(join(tmpdir(), "pulumi-buildx-test-"));
        process.env.BUILDX_CONFIG = store;
    });

    afterEach(async () => {
        if (before === undefined) delete process.env.BUILDX_CONFIG;
        else process.env.BUILDX_CONFIG = before;
        await rm(store, { recursive: true });
    });

    it("are as before after a failed adoption", async () => {
        await writeFiles({ "keys/ci/a.pem": "old", "keys/ci/b.pem": "old" });
        const found = await observeFilesIn("keys/ci");
        const contents = new Map([...found].map(([path, { content }]) => [path, content]));
        await writeFiles({ "keys/ci/a.pem": "new", "keys/ci/c.pem": "new" });
        await rm(join(store, "keys/ci/b.pem"));
        await restoreFiles("keys/ci", contents);
        assert.deepEqual((await readdir(join(store, "keys/ci"))).sort(), ["a.pem", "b.pem"]);
        for (const name of ["a.pem", "b.pem"]) {
            const path = join(store, "keys/ci", name);
            assert.equal(await readFile(path, "utf8"), "old");
            assert.equal((await stat(path)).mode & 0o777, 0o600);
        }
    });

    it("are removed with their folders if there were none", async () => {
        await writeFiles({ "keys/ci/a.pem": "new" });
        await restoreFiles("keys/ci", new Map());
        assert.deepEqual(await readdir(store), []);
    });
});
