import { strict as assert } from "node:assert";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { registered, withoutEmulators } from "../support/binfmt";
import { inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { builder, emulation, resources } from "../support/program";
import { must } from "../support/run";
import { type Stack, withStack } from "../support/stack";
import { containerOf } from "../support/state";

const onHost = (test: (stack: Stack) => Promise<void>) => withoutEmulators(withStack(test));

const qemu = emulation({ platforms: ["linux/arm64"] });

const outputs = { platforms: "${b.platforms}", status: "${b.status}" };

const plain = ({ unique }: Stack) => resources({ b: builder({ name: unique }) }, outputs);

const args = ({ unique }: Stack) => ({ name: unique, requirePlatforms: ["linux/amd64", "linux/arm64"] });

const requiring = (stack: Stack) => resources({ b: builder(args(stack)) }, outputs);

const withEmulation = (stack: Stack) =>
    resources({ qemu, b: builder(args(stack), { dependsOn: ["${qemu}"] }) }, outputs);

const missing = /builder ".*" does not offer linux\/arm64, only linux\/amd64.*QemuEmulation.*--install arm64/;

const platforms = async (stack: Stack) => (await stack.outputs<{ platforms: string[] }>()).platforms;

/** Creates a folder to build from. A step runs a program for arm64 and prints what executes the program. */
async function armContext(stack: Stack): Promise<string> {
    // BuildKit's image has its own emulators, for programs that the kernel cannot execute. A step can see them.
    const folder = await context(
        stack,
        `FROM scratch
COPY busybox /bin/sh
RUN echo "machine: $(uname -m)"; test ! -e /dev/.buildkit_qemu_emulator && echo "run by: the kernel"
`,
    );
    await rm(join(folder, "busybox"));
    await cp((await must("which", ["busybox-arm64"])).trim(), join(folder, "busybox"));
    return folder;
}

describe("platforms that a builder must offer", () => {
    it(
        "make the creation fail and leave nothing, until the same program has an emulation",
        onHost(async (stack) => {
            await stack.program(requiring(stack));
            await stack.preview();
            assert.match(await stack.failing("up"), missing);
            assert.deepEqual(await leftovers(stack.unique), []);
            assert.deepEqual(await stack.records(), []);
            assert.deepEqual(await stack.state(), []);

            await stack.program(withEmulation(stack));
            await stack.up();
            assert.ok((await platforms(stack)).includes("linux/arm64"));
            await stack.preview("--expect-no-changes");
            await stack.refresh("--expect-no-changes");

            const { log } = await build(stack, stack.unique, await armContext(stack), "linux/arm64");
            assert.match(log, /machine: aarch64/);
            assert.match(log, /run by: the kernel/);

            await stack.destroy();
            assert.deepEqual(await registered(), []);
        }),
    );

    it(
        "that emulators added later are found by a refresh, for all similar builders",
        onHost(async (stack) => {
            const all = async () => (await stack.state()).flatMap(({ outputs }) => (outputs.status ? [outputs] : []));
            const builders = Object.fromEntries(
                ["a", "b", "c"].map((each) => [each, builder({ name: `${stack.unique}-${each}-` })]),
            );
            await stack.program(resources(builders));
            await stack.up();
            for (const { platforms } of await all()) assert.ok(!(platforms as string[]).includes("linux/arm64"));

            await stack.program(resources({ qemu, ...builders }));
            await stack.up();
            await sleep(21_000); // BuildKit keeps its list of platforms for 20 s
            await stack.refresh();
            assert.equal((await all()).length, 3);
            for (const { name, platforms } of await all())
                assert.ok((platforms as string[]).includes("linux/arm64"), String(name));
            await stack.refresh("--expect-no-changes");
        }),
    );

    it(
        "make an update fail and keep the running builder, until emulators exist: then the builder is restarted",
        onHost(async (stack) => {
            const container = async () => inspectContainer(containerOf(stack.unique));
            await stack.program(plain(stack));
            await stack.up();
            assert.ok(!(await platforms(stack)).includes("linux/arm64"));
            const before = await container();

            await stack.program(requiring(stack));
            assert.match(await stack.failing("up"), missing);
            assert.equal((await container())?.Id, before?.Id);
            assert.equal((await container())?.State.Running, true);
            assert.deepEqual(await stack.records(), [stack.unique]);
            assert.deepEqual(
                (await stack.state()).map(({ id }) => id),
                [stack.unique],
            );

            await stack.program(withEmulation(stack));
            await stack.up();
            assert.ok((await platforms(stack)).includes("linux/arm64"));
            assert.equal((await container())?.Id, before?.Id);
            await stack.preview("--expect-no-changes");
        }),
    );
});
