import { strict as assert } from "node:assert";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { startBuildkitd } from "../support/buildkitd";
import { build, context } from "../support/image";
import { remote, resources } from "../support/program";
import { withStack } from "../support/stack";

describe("a builder of the remote driver", () => {
    it(
        "has a record, files of its certificates and outputs, and is removed without a trace in the daemon",
        withStack(async (stack) => {
            const daemon = await startBuildkitd(stack, "d", { tls: true });
            const [ca, cert, key] = await Promise.all(
                Object.values(daemon.files).map((path) => readFile(path, "utf8")),
            );
            const one = remote({ name: stack.unique, endpoint: daemon.tcp, tls: { ca, cert, key } });
            const outputs = {
                name: "${one.name}",
                endpoint: "${one.endpoint}",
                status: "${one.status}",
                version: "${one.buildkitVersion}",
            };
            await stack.program(resources({ one }, outputs));
            assert.match(await stack.preview(), /./s);
            await stack.up();
            console.log(await stack.outputs(), await stack.record(stack.unique));
            await build(stack, stack.unique, await context(stack));
            await stack.preview("--expect-no-changes");
            await stack.refresh("--expect-no-changes");
            const file = join(stack.store, "pulumi-buildx-certs", stack.unique, `${stack.unique}0`, "key.pem");
            assert.equal((await stat(file)).mode & 0o777, 0o600);
            await stack.destroy();
            await assert.rejects(stat(file));
        }),
    );
});
