import { strict as assert } from "node:assert";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, leftovers } from "../support/docker";
import { startFlakyRegistry } from "../support/flakyRegistry";
import { auth, configure, newerImage, withPrivateImage } from "../support/privateImage";
import { builder, resources } from "../support/program";
import { type Project, withProject } from "../support/project";
import { credentials, startRegistry } from "../support/registry";
import { type Stack, withStack } from "../support/stack";

/** docker's configuration with the credentials in each of the ways that docker knows. */
const configurations: Record<string, (host: string) => object> = {
    "docker login": (host) => ({ auths: { [host]: { auth } } }),
    credsStore: () => ({ credsStore: "pulumi-buildx-test" }),
    credHelpers: (host) => ({ credHelpers: { [host]: "pulumi-buildx-test" }, credsStore: "not-there" }),
};

/** Adds a credential helper as docker has them: a program on the PATH that reads a host and answers with JSON. */
async function addHelper(project: Project): Promise<void> {
    const folder = join(project.folder, "bin");
    await mkdir(folder, { recursive: true });
    const answer = JSON.stringify({ Username: credentials.username, Secret: credentials.password });
    const helper = join(folder, "docker-credential-pulumi-buildx-test");
    await writeFile(
        helper,
        `#!/bin/sh\nread -r host\n[ "$1" = get ] && case $host in 127.0.0.1:*) echo '${answer}' ;; *) echo 'credentials not found in native keychain'; exit 1 ;; esac\n`,
    );
    await chmod(helper, 0o755);
    project.env.PATH = `${folder}:${process.env.PATH}`;
}

const withImage = ({ unique }: Stack, image: string, args: object = {}) =>
    resources({ b: builder({ name: unique, ...args, driverOpts: { image } }) }, { nodes: "${b.nodes}" });

const digestOf = async (stack: Stack) =>
    (await stack.outputs<{ nodes: [{ imageDigest: string }] }>()).nodes[0].imageDigest;

/** Returns everything that the plugin has sent to Pulumi's engine. */
const sentTo = async (stack: Stack) => JSON.stringify([stack.log, await stack.state()]);

describe("the BuildKit image", () => {
    for (const [how, configuration] of Object.entries(configurations)) {
        it(
            `is pulled with the credentials of ${how}, which appear nowhere`,
            withStack(async (stack) => {
                await withPrivateImage(stack, async ({ image, host, digest }) => {
                    await addHelper(stack);
                    await configure(stack, configuration(host));
                    await stack.program(withImage(stack, image));
                    const { output } = await stack.up();
                    assert.match(output, new RegExp(`pulling ${image}`));
                    assert.equal(await digestOf(stack), digest);
                    const sent = output + (await sentTo(stack));
                    for (const secret of [auth, credentials.password]) assert.ok(!sent.includes(secret), sent);
                });
            }),
        );
    }

    it(
        "is pulled by a program in JavaScript without the credentials in Pulumi's log",
        withProject(async (project) => {
            await withPrivateImage(project, async ({ image, host }) => {
                const program = `new buildx.BuildxBuilder("b", { name: unique, driverOpts: { image: "${image}" } });`;
                await project.program(program);
                const wrong = Buffer.from("someone:not-the-password").toString("base64");
                await configure(project, { auths: { [host]: { auth: wrong } } });
                const refused = await project.failing("up", "--logtostderr", "-v=9");
                assert.match(refused, new RegExp(`image ${image} cannot be pulled: .*unauthorized`));
                assert.ok(!refused.includes("not-the-password") && !refused.includes(wrong));
                await configure(project, { auths: { [host]: { auth } } });
                const { output } = await project.up("--logtostderr", "-v=9");
                assert.match(output, new RegExp(`pulling ${image}`));
                assert.ok(!output.includes(auth) && !output.includes(credentials.password));
            });
        }),
    );

    it(
        "cannot be pulled without a login, with a wrong password or from a stopped registry, and the error names the cause",
        withStack(async (stack) => {
            await withPrivateImage(stack, async ({ image, host, stop }) => {
                const wrong = Buffer.from("someone:not-the-password").toString("base64");
                await stack.program(withImage(stack, image));
                const refused = async (config: object, cause: string) => {
                    await configure(stack, config);
                    const output = await stack.failing("up");
                    assert.match(output, new RegExp(`image ${image} cannot be pulled: .*${cause}`, "s"));
                    return output;
                };
                await refused({}, "(no basic auth credentials|unauthorized|authentication required)");
                await refused(
                    { credsStore: "not-there" },
                    "credential helper docker-credential-not-there, set in docker's config.json, was not found on the PATH",
                );
                const login = { auths: { [host]: { auth: wrong } } };
                const output = await refused(login, `unauthorized.*docker login ${host}`);
                const sent = output + (await sentTo(stack));
                assert.ok(!sent.includes("not-the-password") && !sent.includes(wrong), sent);
                stop();
                await refused(login, "refused");
                assert.deepEqual(await leftovers(stack.unique), []);
                assert.deepEqual(await stack.state(), []);
            });
        }),
    );

    it(
        "is pulled without a login if it is public and the credential helper is missing, and again after a 503",
        withStack(async (stack) => {
            await withPrivateImage(stack, async ({ image: name, host, data }) => {
                const registry = await startRegistry(stack.folder, { data, auth: false });
                const flaky = await startFlakyRegistry(registry.host);
                const image = name.replace(host, flaky.host);
                try {
                    await configure(stack, { credsStore: "not-there" });
                    const isManifest = (asked: string) => asked.includes("manifests");
                    // The engine asks twice each time, with HEAD and GET.
                    flaky.decide = (asked) =>
                        isManifest(asked) && flaky.asked.filter(isManifest).length < 4 ? { status: 503 } : "pass";
                    await stack.program(withImage(stack, image, { bootTimeout: 40 }));
                    const { output } = await stack.up();
                    assert.match(
                        output,
                        /pulling .* failed \(.*503.*\): retrying in .* s \(at most 40 s: bootTimeout\)/,
                    );
                    assert.equal(output.match(/^warning: .*docker-credential-not-there/gm)?.length, 1, output);
                    await stack.refresh("--expect-no-changes");
                } finally {
                    flaky.stop();
                    registry.stop();
                }
            });
        }),
    );

    it(
        "is requested again if pull is always, and the engine's image is used if it cannot be pulled",
        withStack(async (stack) => {
            await withPrivateImage(
                stack,
                async ({ image }) => {
                    await configure(stack, {});
                    await stack.program(withImage(stack, image, { pull: "always" }));
                    const { output } = await stack.up();
                    assert.match(output, new RegExp(`using the local image ${image}: image .* cannot be pulled`));
                    await stack.destroy();
                    await stack.program(withImage(stack, image));
                    assert.doesNotMatch((await stack.up()).output, /pulling/);
                },
                { keep: true },
            );
        }),
    );

    it(
        "is updated if pull is always and a refresh finds that its tag moved in the registry",
        withStack(async (stack) => {
            await withPrivateImage(stack, async ({ image, host, digest }) => {
                await configure(stack, { auths: { [host]: { auth } } });
                await stack.program(withImage(stack, image, { pull: "always" }));
                await stack.up();
                await stack.refresh("--expect-no-changes");
                assert.equal(await digestOf(stack), digest);

                // As pushed from another machine: the engine keeps the old image with the tag.
                const [created] = JSON.parse(await docker(["image", "inspect", image])) as [{ Id: string }];
                await newerImage(stack, image);
                await docker(["push", "--quiet", image], { env: stack.env });
                await docker(["tag", created.Id, image]);

                await stack.preview("--expect-no-changes");
                await stack.refresh();
                await stack.preview();
                assert.deepEqual(stack.steps, { b: "update" });
                await stack.up();
                assert.notEqual(await digestOf(stack), digest);
                await stack.refresh("--expect-no-changes");
                await stack.preview("--expect-no-changes");
            });
        }),
    );

    it(
        "can be named by its digest, with and without a tag",
        withStack(async (stack) => {
            await withPrivateImage(stack, async ({ image, host, digest }) => {
                await configure(stack, { auths: { [host]: { auth } } });
                const named = (suffix: string, name: string) =>
                    builder({ name: `${stack.unique}-${suffix}`, driverOpts: { image: `${name}@${digest}` } });
                const tagged = named("tagged", image);
                const untagged = named("untagged", image.replace(/:private$/, ""));
                const outputs = { tagged: "${tagged.nodes}", untagged: "${untagged.nodes}" };
                await stack.program(resources({ tagged, untagged }, outputs));
                await stack.up();
                const nodes = Object.values(await stack.outputs<Record<string, [{ imageDigest: string }]>>());
                assert.deepEqual(
                    nodes.map(([{ imageDigest }]) => imageDigest),
                    [digest, digest],
                );
                await stack.refresh("--expect-no-changes");
                await stack.preview("--expect-no-changes");
            });
        }),
    );
});
