import { strict as assert } from "node:assert";
import { docker, inspectContainer, removeLeftovers } from "../support/docker";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";

const stock = "moby/buildkit:buildx-stable-1";

/** An image of the same BuildKit, and yet another one. */
async function newerImage(project: Project, tag: string): Promise<string> {
    const container = `${project.unique}-newer`;
    await docker(["create", "--name", container, stock]);
    try {
        return (await docker(["commit", "--change", `LABEL newer=${project.unique}`, container, tag])).trim();
    } finally {
        await docker(["rm", "--volumes", container]);
    }
}

describe("a tag that moved", () => {
    it(
        "is seen by refresh, rolled out by the next up with the cache kept, and not before",
        withProject(async (project) => {
            const tag = `${project.unique}:floating`;
            const container = `buildx_buildkit_${project.unique}0`;
            await docker(["tag", stock, tag]);
            try {
                const program = (more: string) =>
                    `exports.digest = new buildx.BuildxBuilder("b", { name: unique, driverOpts: { image: "${tag}", ${more} } }).nodes[0].imageDigest;`;
                await project.program(program(""));
                await project.up();
                const { digest } = await project.outputs<{ digest: string }>();
                const folder = await context(project);
                await build(project, project.unique, folder);
                const made = await inspectContainer(container);

                const newer = await newerImage(project, tag);
                await project.preview("--expect-no-changes");
                await project.program(program('memory: "1g"'));
                await project.up();
                assert.equal((await inspectContainer(container))?.Id, made?.Id);

                await project.refresh();
                assert.match(await project.failing("preview", "--expect-no-changes"), /1 to update/);
                const { output } = await project.up();
                assert.match(output, new RegExp(`creating ${container}: .* is a newer image`));
                assert.equal((await inspectContainer(container))?.Image, newer);
                assert.notEqual((await project.outputs<{ digest: string }>()).digest, digest);
                assert.equal((await build(project, project.unique, folder)).cached, 3);
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");
            } finally {
                await removeLeftovers(project.unique); // or the image would stay without a name
                await docker(["rmi", "--force", tag]);
            }
        }),
    );
});
