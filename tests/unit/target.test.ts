import { strict as assert } from "node:assert";
import { basename, dirname } from "node:path";
import { openTarget } from "../../provider/transfer/target";

describe("an archive in a folder that cannot be created", () => {
    const waiting = { signal: new AbortController().signal } as Parameters<typeof openTarget>[1];
    const reasons = {
        "/proc/nowhere/a.tar.zst": /ENOENT/,
        [`${__filename}/a.tar.zst`]: /a part of the path is a file/,
    };

    for (const [archive, reason] of Object.entries(reasons)) {
        it(`fails instead of trying forever: ${basename(dirname(archive))}`, async () => {
            const opening = openTarget({ archive }, waiting);
            await assert.rejects(opening, { message: new RegExp(`^archive .* cannot be written: .*${reason.source}`) });
        }).timeout(5000);
    }
});
