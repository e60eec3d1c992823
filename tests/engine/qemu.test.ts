import { strict as assert } from "node:assert";
import { findEndpoint } from "../../provider/docker/endpoint/endpoint";
import { connect } from "../../provider/docker/engine/engine";
import { runContainer } from "../../provider/docker/engine/runContainer";
import { stockQemu } from "../support/binfmt";
import { docker } from "../support/docker";
import { context } from "../support/image";
import { auth, configure, withPrivateImage } from "../support/privateImage";
import { type Project, withProject } from "../support/project";
import { startProxy } from "../support/proxy";

// What changes the kernel is in tests/host: here the host is asked for what it runs by itself, or the image fails.

const emulation = (args: string) => `exports.added = new buildx.QemuEmulation("qemu", { ${args} }).added;`;

/** Runs a test with an image of which the program is a script. */
async function withScript(project: Project, script: string, test: (image: string) => Promise<void>): Promise<void> {
    const folder = await context(
        project,
        `FROM scratch\nCOPY busybox /bin/sh\nENTRYPOINT ["/bin/sh", "-c", ${JSON.stringify(script)}]\n`,
    );
    const image = `${project.unique}:script`;
    await docker(["buildx", "build", "--builder", "default", "--load", "--tag", image, folder]);
    try {
        await test(image);
    } finally {
        await docker(["image", "rm", "--force", image]);
    }
}

/** The containers of a resource. */
const containersOf = (project: Project) =>
    docker(["ps", "--all", "--quiet", "--filter", `label=io.github.pulumi-buildx.urn=${urn(project)}`]);
const volumesOf = (project: Project) =>
    docker(["volume", "ls", "--quiet", "--filter", `label=io.github.pulumi-buildx.urn=${urn(project)}`]);
const urn = (project: Project) => project.urn("QemuEmulation", "qemu");

async function leavesNothing(project: Project): Promise<void> {
    assert.equal((await containersOf(project)) + (await volumesOf(project)), "");
    assert.deepEqual(await project.state(), []);
}

describe("an emulation", () => {
    it(
        "whose image fails tells what that printed, and leaves no container",
        withProject(async (project) => {
            const script = "sleep 2; echo no emulators today >&2; exit 3";
            await withScript(project, script, async (image) => {
                await project.program(emulation(`image: "${image}"`));
                let isOver = false;
                const failing = project.failing("up").finally(() => (isOver = true));
                let seen = "";
                while (!isOver && seen === "") seen = await containersOf(project);
                assert.notEqual(seen, "");
                assert.match(
                    await failing,
                    /emulators on the host of unix:.* cannot be listed: image .*:script did not report them \(exit code 3\)\. It printed:\n +no emulators today/,
                );
                await leavesNothing(project);
            });
        }),
    );

    it(
        "of an architecture that the image does not have tells so, and owns no emulator afterwards",
        withProject(async (project) => {
            const report = JSON.stringify({ supported: ["linux/amd64"], emulators: null });
            const script = `echo "installing: loong64 unsupported architecture: loong64" >&2; echo '${report}'`;
            await withScript(project, script, async (image) => {
                await project.program(emulation(`image: "${image}", platforms: ["loong64"]`));
                assert.match(
                    await project.failing("up"),
                    /linux\/loong64 cannot be emulated on the host of unix:.*:script\. It printed:\n +installing: loong64 unsupported/,
                );
                await leavesNothing(project);
            });
        }),
    );

    it(
        "calls an image that does not end no longer than it may, and removes the container",
        withProject(async (project) => {
            await withScript(project, "exec sleep 60", async (image) => {
                const engine = await connect(await findEndpoint());
                const options = { name: project.unique, Image: image };
                const started = performance.now();
                await assert.rejects(
                    runContainer(engine, options, { urn: "", store: "" }, 1),
                    /a container of image .*:script cannot be run on unix:.*: it did not exit within 1 s/,
                );
                assert.ok(performance.now() - started < 20_000);
                assert.equal(await docker(["ps", "--all", "--quiet", "--filter", `name=${project.unique}`]), "");
            });
        }),
    );

    it(
        "pulls a private image, registers nothing for what the host runs by itself, and tells bad input at preview",
        withProject(async (project) => {
            const made = async ({ image, host }: { image: string; host: string }) => {
                await project.program(emulation(`image: "${image}", platforms: ["linux/amd64"]`));
                await configure(project, {});
                assert.match(await project.failing("up"), /image .* cannot be pulled: .*docker login/);
                await leavesNothing(project);

                await configure(project, { auths: { [host]: { auth } } });
                await project.up();
                assert.deepEqual(await project.outputs(), { added: [] });
                // States of every release hold these words: they can never change.
                assert.deepEqual(
                    (await project.state()).map(({ type, inputs }) => [type, inputs.__provider]),
                    [
                        [
                            "pulumi-nodejs:dynamic/buildx:QemuEmulation",
                            'exports.handler = () => require("pulumi-buildx/dynamic").QemuEmulation;',
                        ],
                    ],
                );
                assert.equal((await containersOf(project)) + (await volumesOf(project)), "");
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");

                await project.program(emulation(`image: "A b", platforms: ["linux/arm65"]`));
                const output = await project.failing("preview");
                assert.match(output, /platforms\[0\].*"linux\/arm65" is not a platform that .*did you mean arm64\?/);
                assert.match(output, /image.*"A b" is not a valid image name/);
                await project.destroy();
            };
            await withPrivateImage(project, made, { of: stockQemu });
        }),
    );

    it(
        "on a host that is gone makes refresh and destroy fail naming it, until one lets go of it",
        withProject(async (project) => {
            const proxy = await startProxy(project.folder);
            project.env.DOCKER_HOST = proxy.host;
            await project.program(emulation('platforms: ["linux/amd64"]'));
            await project.up();
            await proxy.stop();
            const named = new RegExp(`no Docker engine responds at ${proxy.host} \\(from DOCKER_HOST\\)`);
            assert.match(await project.failing("refresh"), named);
            assert.match(await project.failing("destroy"), /pulumi config set buildx:deleteUnreachable true/);
            project.env.PULUMI_BUILDX_DELETE_UNREACHABLE = "true";
            assert.match(
                (await project.destroy()).output,
                /no Docker engine responds .* may still be registered there/,
            );
            assert.deepEqual(await project.state(), []);
        }),
    );
});
