import { strict as assert } from "node:assert";
import { findEndpoint } from "../../provider/docker/endpoint/endpoint";
import { connect } from "../../provider/docker/engine/engine";
import { runContainer } from "../../provider/docker/engine/runContainer";
import { stockQemu } from "../support/binfmt";
import { docker } from "../support/docker";
import { context } from "../support/image";
import { auth, configure, withPrivateImage } from "../support/privateImage";
import { emulation, resources } from "../support/program";
import { startProxy } from "../support/proxy";
import { type Stack, withStack } from "../support/stack";

// The tests that change the kernel are in tests/host. Here the host needs no emulator, or the image fails.

const program = (stack: Stack, args: object) =>
    stack.program(resources({ qemu: emulation(args) }, { added: "${qemu.added}" }));

/** Runs a test with an image whose program is a script. */
async function withScript(stack: Stack, script: string, test: (image: string) => Promise<void>): Promise<void> {
    const folder = await context(
        stack,
        `FROM scratch\nCOPY busybox /bin/sh\nENTRYPOINT ["/bin/sh", "-c", ${JSON.stringify(script)}]\n`,
    );
    const image = `${stack.unique}:script`;
    await docker(["buildx", "build", "--builder", "default", "--load", "--tag", image, folder]);
    try {
        await test(image);
    } finally {
        await docker(["image", "rm", "--force", image]);
    }
}

/** Returns the containers of the resource, and its volumes. */
const containersOf = (stack: Stack) =>
    docker(["ps", "--all", "--quiet", "--filter", `label=io.github.pulumi-buildx.urn=${urn(stack)}`]);
const volumesOf = (stack: Stack) =>
    docker(["volume", "ls", "--quiet", "--filter", `label=io.github.pulumi-buildx.urn=${urn(stack)}`]);
const urn = (stack: Stack) => stack.urn("QemuEmulation", "qemu");

async function leavesNothing(stack: Stack): Promise<void> {
    assert.equal((await containersOf(stack)) + (await volumesOf(stack)), "");
    assert.deepEqual(await stack.state(), []);
}

describe("an emulation", () => {
    it(
        "whose image fails reports what the image printed, and leaves no container",
        withStack(async (stack) => {
            const script = "sleep 2; echo no emulators today >&2; exit 3";
            await withScript(stack, script, async (image) => {
                await program(stack, { image });
                let isOver = false;
                const failing = stack.failing("up").finally(() => (isOver = true));
                let seen = "";
                while (!isOver && seen === "") seen = await containersOf(stack);
                assert.notEqual(seen, "");
                assert.match(
                    await failing,
                    /emulators on the host of unix:.* cannot be listed: image .*:script did not report them \(exit code 3\)\. It printed:\n +no emulators today/,
                );
                await leavesNothing(stack);
            });
        }),
    );

    it(
        "of an architecture that the image does not have fails, and owns no emulator afterwards",
        withStack(async (stack) => {
            const report = JSON.stringify({ supported: ["linux/amd64"], emulators: null });
            const script = `echo "installing: loong64 unsupported architecture: loong64" >&2; echo '${report}'`;
            await withScript(stack, script, async (image) => {
                await program(stack, { image, platforms: ["loong64"] });
                assert.match(
                    await stack.failing("up"),
                    /linux\/loong64 cannot be emulated on the host of unix:.*:script\. It printed:\n +installing: loong64 unsupported/,
                );
                await leavesNothing(stack);
            });
        }),
    );

    it(
        "stops an image that does not exit within the limit, and removes the container",
        withStack(async (stack) => {
            await withScript(stack, "exec sleep 60", async (image) => {
                const engine = await connect(await findEndpoint());
                const options = { name: stack.unique, Image: image };
                const started = performance.now();
                await assert.rejects(
                    runContainer(engine, options, { urn: "", store: "" }, 1),
                    /a container of image .*:script cannot be run on unix:.*: it did not exit within 1 s/,
                );
                assert.ok(performance.now() - started < 20_000);
                assert.equal(await docker(["ps", "--all", "--quiet", "--filter", `name=${stack.unique}`]), "");
            });
        }),
    );

    it(
        "pulls a private image, registers no emulator that the host does not need, and reports invalid input at preview",
        withStack(async (stack) => {
            const test = async ({ image, host }: { image: string; host: string }) => {
                await program(stack, { image, platforms: ["linux/amd64"] });
                await configure(stack, {});
                assert.match(await stack.failing("up"), /image .* cannot be pulled: .*docker login/);
                await leavesNothing(stack);

                await configure(stack, { auths: { [host]: { auth } } });
                await stack.up();
                assert.deepEqual(await stack.outputs(), { added: [] });
                assert.equal((await containersOf(stack)) + (await volumesOf(stack)), "");
                await stack.refresh("--expect-no-changes");
                await stack.preview("--expect-no-changes");

                await program(stack, { image: "A b", platforms: ["linux/arm65"] });
                const output = await stack.failing("preview");
                assert.match(output, /platforms\[0\].*"linux\/arm65" is not a platform that .*did you mean arm64\?/);
                assert.match(output, /image.*"A b" is not a valid image name/);
                await stack.destroy();
            };
            await withPrivateImage(stack, test, { of: stockQemu });
        }),
    );

    it(
        "on a host that is gone makes refresh and destroy fail with its address, until deleteUnreachable is set",
        withStack(async (stack) => {
            const proxy = await startProxy(stack.folder);
            stack.env.DOCKER_HOST = proxy.host;
            await program(stack, { platforms: ["linux/amd64"] });
            await stack.up();
            await proxy.stop();
            const named = new RegExp(`no Docker engine responds at ${proxy.host} \\(from DOCKER_HOST\\)`);
            assert.match(await stack.failing("refresh"), named);
            assert.match(await stack.failing("destroy"), /pulumi config set buildx:deleteUnreachable true/);
            stack.env.PULUMI_BUILDX_DELETE_UNREACHABLE = "true";
            assert.match((await stack.destroy()).output, /no Docker engine responds .* may still be registered there/);
            assert.deepEqual(await stack.state(), []);
        }),
    );
});
