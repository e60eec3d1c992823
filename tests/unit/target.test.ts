import { strict as assert } from "node:assert";
import { openTarget } from "../../provider/transfer/target";

describe("an archive in a folder that cannot be created", () => {
    it("fails instead of trying forever", async () => {
        const manifest = {} as Parameters<typeof openTarget>[1];
        const waiting = { signal: new AbortController().signal } as Parameters<typeof openTarget>[2];
        await assert.rejects(openTarget({ archive: "/proc/nowhere/a.tar.zst" }, manifest, waiting), /ENOENT/);
    }).timeout(5000);
});
