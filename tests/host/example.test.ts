import { strict as assert } from "node:assert";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { claimed, registered, withoutEmulators } from "../support/binfmt";
import { docker, leftovers } from "../support/docker";
import { example } from "../support/example";
import { withProject } from "../support/project";
import { withRegistries } from "../support/registries";
import { credentials } from "../support/registry";
import { must, run } from "../support/run";

/** The example's, but from nothing: what it starts from is in a registry. */
const dockerfile = `FROM scratch
ARG TARGETARCH
COPY busybox-\${TARGETARCH} /bin/sh
RUN uname -m > /machine
`;

describe("the example", () => {
    it(
        "multi-platform builds an image for each of two platforms with the emulators of the same pulumi up",
        withoutEmulators(
            withProject(async (project) => {
                await example(project, "multi-platform");
                const folder = join(project.folder, "app");
                await writeFile(join(folder, "Dockerfile"), dockerfile);
                for (const [program, architecture] of [
                    ["busybox", "amd64"],
                    ["busybox-arm64", "arm64"],
                ]) {
                    const path = (await must("which", [program as string])).trim();
                    await cp(path, join(folder, `busybox-${architecture}`), { dereference: true });
                }
                const tags = ["amd64", "arm64"].map((architecture) => `${project.unique}-app:${architecture}`);
                try {
                    await project.up();
                    const { offered, emulators } = await project.outputs<Record<string, string[]>>();
                    assert.ok(offered?.includes("linux/arm64"), String(offered));
                    assert.deepEqual(emulators, ["qemu-aarch64"]);
                    const machines = await Promise.all(tags.map((tag) => machineOf(tag)));
                    assert.deepEqual(machines, ["amd64 x86_64", "arm64 aarch64"]);
                    await project.destroy();
                    assert.deepEqual(await leftovers(project.unique), []);
                    assert.deepEqual(await registered(), []);
                    assert.deepEqual(await claimed(), []);
                } finally {
                    await run("docker", ["rmi", "--force", ...tags]);
                }
            }),
        ),
    );

    it(
        "push-multi-platform pushes one index for both platforms, and the cache, with the credentials of the program",
        withoutEmulators(
            withProject((project) =>
                withRegistries(project, async ({ guarded, authority }) => {
                    await example(project, "push-multi-platform");
                    await mkdir(project.store, { recursive: true });
                    const registry = `[registry."${guarded}"]\n  ca = ["${authority.cert}"]\n`;
                    await writeFile(join(project.store, "buildkitd.default.toml"), registry);
                    await project.config("registry", `${guarded}/team`);
                    await project.config("username", credentials.username);
                    await project.config("password", credentials.password, { secret: true });
                    await project.up();
                    const { digest } = await project.outputs<{ digest: string }>();
                    const found = await Promise.all(
                        ["app:latest", "app:cache"].map((image) => manifest(guarded, `team/${image}`, authority.cert)),
                    );
                    assert.equal(found[0]?.digest, digest);
                    const platforms = found[0]?.body.manifests?.map(({ platform }) => platform.architecture) ?? [];
                    assert.deepEqual(platforms.filter((each) => each !== "unknown").sort(), ["amd64", "arm64"]);
                    await project.destroy();
                }),
            ),
        ),
    );
});

interface Manifest {
    digest: string;
    body: { manifests?: { platform: { architecture: string } }[] };
}

/** Reads a manifest or an index from a registry. */
function manifest(host: string, image: string, ca: string): Promise<Manifest> {
    const [name = "", tag = ""] = image.split(":");
    const { username, password } = credentials;
    const types = ["application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"];
    const options = { ca: readFileSync(ca), auth: `${username}:${password}`, headers: { accept: types.join(", ") } };
    return new Promise((resolve, reject) => {
        const request = get(`https://${host}/v2/${name}/manifests/${tag}`, options, (response) => {
            const digest = String(response.headers["docker-content-digest"]);
            json(response).then((body) => resolve({ digest, body: body as Manifest["body"] }), reject);
        });
        request.on("error", reject);
    });
}

/** The architecture that an image is for, and the machine that its step saw. */
async function machineOf(tag: string): Promise<string> {
    const architecture = await docker(["image", "inspect", "--format", "{{.Architecture}}", tag]);
    const container = (await docker(["create", tag, "nothing"])).trim();
    try {
        const archive = await must("sh", ["-c", `docker cp ${container}:/machine - | tar -xO`]);
        return `${architecture.trim()} ${archive.trim()}`;
    } finally {
        await docker(["rm", container]);
    }
}
