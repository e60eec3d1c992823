import { strict as assert } from "node:assert";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, leftovers } from "../support/docker";
import { auth, configure, stock, withPrivateImage } from "../support/privateImage";
import { startFlakyRegistry } from "../support/flakyRegistry";
import { type Project, withProject } from "../support/project";
import { credentials, startRegistry } from "../support/registry";

/** docker's configuration with the credentials in each of the ways that docker knows. */
const configurations: Record<string, (host: string) => object> = {
    "docker login": (host) => ({ auths: { [host]: { auth } } }),
    credsStore: () => ({ credsStore: "pulumi-buildx-test" }),
    credHelpers: (host) => ({ credHelpers: { [host]: "pulumi-buildx-test" }, credsStore: "not-there" }),
};

/** A credential helper, as docker's own are: a program on the PATH that reads a host and answers JSON. */
async function makeHelper(project: Project): Promise<void> {
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

const builder = (image: string, more = "") =>
    `exports.digest = new buildx.BuildxBuilder("b", { name: unique, ${more} driverOpts: { image: "${image}" } }).nodes[0].imageDigest;`;

describe("the BuildKit image", () => {
    for (const [how, configuration] of Object.entries(configurations)) {
        it(
            `is pulled with the credentials of ${how}, which appear nowhere`,
            withProject(async (project) => {
                await withPrivateImage(project, async ({ image, host }) => {
                    await makeHelper(project);
                    await configure(project, configuration(host));
                    await project.program(builder(image));
                    const { output } = await project.up("--logtostderr", "-v=9");
                    assert.match(output, new RegExp(`pulling ${image}`));
                    assert.ok(!output.includes(auth) && !output.includes(credentials.password));
                    assert.match((await project.outputs<{ digest: string }>()).digest, /^sha256:/);
                });
            }),
        );
    }

    it(
        "that asks for a login fails without one, and tells of a helper that is not there",
        withProject(async (project) => {
            await withPrivateImage(project, async ({ image }) => {
                await project.program(builder(image));
                await configure(project, {});
                assert.match(
                    await project.failing("up"),
                    /cannot be pulled: .*(no basic auth credentials|unauthorized|authentication required)/,
                );
                await configure(project, { credsStore: "not-there" });
                assert.match(
                    await project.failing("up"),
                    /credential helper docker-credential-not-there, set in docker's config.json, was not found on the PATH/,
                );
                assert.deepEqual(await leftovers(project.unique), []);
            });
        }),
    );

    it(
        "that all may read is pulled without the credential helper that is missing, and after its registry was overloaded",
        withProject(async (project) => {
            const registry = await startRegistry(project.folder, { auth: false });
            const flaky = await startFlakyRegistry(registry.host);
            const pushed = `${registry.host}/${project.unique}/buildkit:public`;
            const image = `${flaky.host}/${project.unique}/buildkit:public`;
            try {
                await docker(["tag", stock, pushed]);
                await docker(["push", "--quiet", pushed]);
                await configure(project, { credsStore: "not-there" });
                const isManifest = (asked: string) => asked.includes("manifests");
                // The engine asks twice each time, with HEAD and GET.
                flaky.decide = (asked) =>
                    isManifest(asked) && flaky.asked.filter(isManifest).length < 4 ? { status: 503 } : "pass";
                await project.program(builder(image, "bootTimeout: 40,"));
                const { output } = await project.up();
                assert.match(output, /pulling .* failed \(.*503.*\): retrying in .* s \(at most 40 s: bootTimeout\)/);
                const [, diagnostics = ""] = output.split("Diagnostics:");
                assert.equal(diagnostics.match(/warning: .*docker-credential-not-there/g)?.length, 1, output);
                await project.refresh("--expect-no-changes");
            } finally {
                flaky.stop();
                registry.stop();
                await project.destroy();
                for (const each of [pushed, image]) await docker(["rmi", "--force", each]).catch(() => {});
            }
        }),
    );

    it(
        "is asked for again with pull always, and one that is there serves when the registry is gone",
        withProject(async (project) => {
            await withPrivateImage(
                project,
                async ({ image }) => {
                    await configure(project, {});
                    await project.program(builder(image, 'pull: "always",'));
                    const { output } = await project.up();
                    assert.match(output, new RegExp(`using the local image ${image}: image .* cannot be pulled`));
                    await project.destroy();
                    await project.program(builder(image));
                    assert.doesNotMatch((await project.up()).output, /pulling/);
                },
                { keep: true },
            );
        }),
    );

    it(
        "behind a tag that moved in the registry is seen by refresh with pull always, and rolled out",
        withProject(async (project) => {
            await withPrivateImage(project, async ({ image, host }) => {
                await configure(project, { auths: { [host]: { auth } } });
                await project.program(builder(image, 'pull: "always",'));
                await project.up();
                await project.refresh("--expect-no-changes");
                const { digest } = await project.outputs<{ digest: string }>();

                // Pushed from elsewhere: the engine keeps the old image under the tag.
                const [made] = JSON.parse(await docker(["image", "inspect", image])) as [{ Id: string }];
                const scratch = `${project.unique}-newer`;
                await docker(["create", "--name", scratch, stock]);
                await docker(["commit", "--change", "LABEL newer=yes", scratch, image]);
                await docker(["rm", "--volumes", scratch]);
                await docker(["push", "--quiet", image], { env: project.env });
                await docker(["tag", made.Id, image]);

                await project.preview("--expect-no-changes");
                await project.refresh();
                assert.match(await project.failing("preview", "--expect-no-changes"), /1 to update/);
                await project.up();
                assert.notEqual((await project.outputs<{ digest: string }>()).digest, digest);
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");
            });
        }),
    );

    it(
        "may be named by its digest, with and without a tag",
        withProject(async (project) => {
            await withPrivateImage(project, async ({ image, host, digest }) => {
                await configure(project, { auths: { [host]: { auth } } });
                const builders = [`${image}@${digest}`, `${image.replace(/:private$/, "")}@${digest}`].map(
                    (name, index) => `
                    const b${index} = new buildx.BuildxBuilder("b${index}", { name: unique + "-${index}-", driverOpts: { image: "${name}" } });
                    exports.digest${index} = b${index}.nodes[0].imageDigest;`,
                );
                await project.program(builders.join(""));
                await project.up();
                assert.deepEqual(await project.outputs(), { digest0: digest, digest1: digest });
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");
            });
        }),
    );

    it(
        "that the engine does not have fails with a wrong password, and when the registry is gone, and says which",
        withProject(async (project) => {
            await withPrivateImage(project, async ({ image, host, stop }) => {
                const wrong = Buffer.from("someone:not-the-password").toString("base64");
                await configure(project, { auths: { [host]: { auth: wrong } } });
                await project.program(builder(image));
                const output = await project.failing("up", "--logtostderr", "-v=9");
                const refused = new RegExp(`image ${image} cannot be pulled: .*unauthorized.*docker login ${host}`);
                assert.match(output, refused);
                assert.ok(!output.includes("not-the-password") && !output.includes(wrong));
                stop();
                assert.match(await project.failing("up"), new RegExp(`image ${image} cannot be pulled: .*refused`));
                assert.deepEqual(await leftovers(project.unique), []);
            });
        }),
    );
});
