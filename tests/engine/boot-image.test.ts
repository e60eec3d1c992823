import { strict as assert } from "node:assert";
import { docker, inspectContainer } from "../support/docker";
import { auth, configure, newerImage, withPrivateImage } from "../support/privateImage";
import { builder, resources } from "../support/program";
import { withStack } from "../support/stack";
import { containerOf } from "../support/state";

describe("the BuildKit image behind a mirror", () => {
    it(
        "comes from the mirror that buildkitd's configuration names, and has the name that the program requests",
        withStack(async (stack) => {
            await withPrivateImage(
                stack,
                async ({ image: inMirror, host, digest }) => {
                    const { unique } = stack;
                    await configure(stack, { auths: { [host]: { auth } } });
                    const name = `${unique}/buildkit`; // Docker Hub does not have it
                    const mirrors = ["127.0.0.1:1", `${host}/hub`];
                    const on = (node: string, image: string) =>
                        builder({
                            name: `${unique}-${node}`,
                            pull: "always",
                            driverOpts: { image },
                            buildkitdConfig: { registry: { "docker.io": { mirrors } } },
                        });
                    const both = { tag: on("tag", `${name}:private`), digest: on("digest", `${name}@${digest}`) };
                    const outputs = { tag: "${tag.nodes}", digest: "${digest.nodes}" };
                    const digests = async () => {
                        const found = await stack.outputs<Record<string, [{ imageDigest: string }]>>();
                        return Object.fromEntries(
                            Object.entries(found).map(([key, [{ imageDigest }]]) => [key, imageDigest]),
                        );
                    };
                    await stack.program(resources(both, outputs));
                    await stack.up();
                    assert.deepEqual(await digests(), { tag: digest, digest });
                    const found = await inspectContainer(containerOf(`${unique}-tag`));
                    assert.equal(found?.Config.Image, `${name}:private`);
                    const options = async (node: string) => {
                        const { Nodes } = await stack.record(`${unique}-${node}`);
                        return (Nodes as [{ DriverOpts: object }])[0].DriverOpts;
                    };
                    assert.deepEqual(await options("tag"), { image: `${name}:private` });
                    assert.deepEqual(await options("digest"), { image: `${name}@${digest}` });
                    await stack.refresh("--expect-no-changes");
                    await stack.preview("--expect-no-changes");

                    await newerImage(stack, inMirror);
                    await docker(["push", "--quiet", inMirror], { env: stack.env });
                    const { output } = await stack.up("--refresh");
                    assert.match(output, /creating buildx_buildkit_.*-tag0: .* is a newer image/);
                    assert.notEqual((await digests()).tag, digest);
                    assert.equal((await digests()).digest, digest);

                    await stack.program(resources({ ...both, none: on("none", `${name}:nowhere`) }));
                    const refused = await stack.failing("up");
                    for (const said of [
                        /image .*:nowhere cannot be pulled: *\n/,
                        /the mirror, 127\.0\.0\.1:1\/.*:nowhere: .*refused/,
                        new RegExp(`the mirror, ${host}/hub/${name}:nowhere: .*(not found|unknown)`),
                        /its registry: /,
                    ]) {
                        assert.match(refused, said);
                    }
                },
                { folder: "hub/" },
            );
        }),
    );
});
