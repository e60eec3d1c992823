import { strict as assert } from "node:assert";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { claimed, registered, withoutEmulators } from "../support/binfmt";
import { docker, leftovers } from "../support/docker";
import { example } from "../support/example";
import { withProject } from "../support/project";
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
                    await project.preview("--expect-no-changes");
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
});

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
