import { strict as assert } from "node:assert";
import { docker, inspectContainer } from "../support/docker";
import { auth, configure, stock, withPrivateImage } from "../support/privateImage";
import { withProject } from "../support/project";

describe("the BuildKit image behind a mirror", () => {
    it(
        "comes from the mirror that buildkitd's configuration names, under the name that was asked for",
        withProject(async (project) => {
            await withPrivateImage(
                project,
                async ({ image: inMirror, host, digest }) => {
                    const { unique } = project;
                    await configure(project, { auths: { [host]: { auth } } });
                    const name = `${unique}/buildkit`; // on Docker Hub, which has none of it
                    const builder = (node: string, image: string) => `
                        const ${node} = new buildx.BuildxBuilder("${node}", {
                            name: unique + "-${node}",
                            pull: "always",
                            driverOpts: { image: "${image}" },
                            buildkitdConfig: { registry: { "docker.io": { mirrors: ["127.0.0.1:1", "${host}/hub"] } } },
                        });
                        exports.${node} = ${node}.nodes[0].imageDigest;`;
                    const both = builder("tag", `${name}:private`) + builder("digest", `${name}@${digest}`);
                    await project.program(both);
                    await project.up();
                    assert.deepEqual(await project.outputs(), { tag: digest, digest });
                    const found = await inspectContainer(`buildx_buildkit_${unique}-tag0`);
                    assert.equal(found?.Config.Image, `${name}:private`);
                    const options = async (node: string) => {
                        const { Nodes } = await project.record(`${unique}-${node}`);
                        return (Nodes as [{ DriverOpts: object }])[0].DriverOpts;
                    };
                    assert.deepEqual(await options("tag"), { image: `${name}:private` });
                    assert.deepEqual(await options("digest"), { image: `${name}@${digest}` });
                    await project.refresh("--expect-no-changes");
                    await project.preview("--expect-no-changes");

                    const scratch = `${unique}-newer`;
                    await docker(["create", "--name", scratch, stock]);
                    await docker(["commit", "--change", "LABEL newer=yes", scratch, inMirror]);
                    await docker(["rm", "--volumes", scratch]);
                    await docker(["push", "--quiet", inMirror], { env: project.env });
                    const { output } = await project.up("--refresh");
                    assert.match(output, /creating buildx_buildkit_.*-tag0: .* is a newer image/);
                    assert.notEqual((await project.outputs<{ tag: string }>()).tag, digest);

                    await project.program(both + builder("none", `${name}:nowhere`));
                    const refused = await project.failing("up");
                    for (const said of [
                        /image .*:nowhere cannot be pulled: *\n/,
                        /the mirror, 127\.0\.0\.1:1\/.*:nowhere: .*refused/,
                        new RegExp(`the mirror, ${host}/hub/${name}:nowhere: .*(not found|unknown)`),
                        /its registry: /,
                    ]) {
                        assert.match(refused, said);
                    }
                    await project.destroy();
                },
                { folder: "hub/" },
            );
        }),
    );
});
