import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { driverDefaults } from "../../provider/buildx/driverOptions";
import { run, must } from "../../tests/support/run";
import type { Measurement } from "../measurement";
import type { Bench } from "../support/bench";
import { change, make, makeByBuildx, remove, removeByBuildx } from "../support/builders";

const layers = 5;

/** Creates a folder to build from, with one layer for each file. The build runs no program, so it needs no image. */
async function context(bench: Bench): Promise<string> {
    const folder = join(bench.folder, "context");
    await mkdir(folder, { recursive: true });
    const files = Array.from({ length: layers }, (_, index) => `file-${index}`);
    for (const file of files) await writeFile(join(folder, file), file);
    await writeFile(join(folder, "Dockerfile"), ["FROM scratch", ...files.map((file) => `COPY ${file} /`)].join("\n"));
    return folder;
}

/** Builds and returns the share of layers that came from the builder's cache, in percent. */
async function build(builder: string, folder: string): Promise<number> {
    const args = ["buildx", "build", "--builder", builder, "--progress", "plain", "--output", "type=cacheonly", folder];
    const { code, output } = await run("docker", args, { env: { BUILDX_NO_DEFAULT_ATTESTATIONS: "1" } });
    if (code !== 0) throw new Error(`the build failed:\n${output}`);
    return (output.split("\n").filter((line) => / CACHED$/.test(line)).length / layers) * 100;
}

/** Creates another image with the same BuildKit. */
async function otherImage(bench: Bench): Promise<string> {
    const [name, image] = [bench.name(), `${bench.unique}:other`];
    await must("docker", ["create", "--name", name, driverDefaults.image]);
    await must("docker", ["commit", "--change", "LABEL other=yes", name, image]);
    await must("docker", ["rm", "--volumes", name]);
    return image;
}

export const cache: Measurement = {
    name: "cache",
    what: "layers CACHED after a changed BuildKit image, and after a changed limit",
    beside: "docker buildx rm and create --bootstrap",
    unit: "%",
    goal: { of: "ours", least: 100 },
    async run(bench) {
        const folder = await context(bench);
        const image = await otherImage(bench);
        try {
            const made = await make(bench.name());
            await build(made.id, folder);
            await change(made, { driverOpts: { image } });
            const afterImage = await build(made.id, folder);
            await change(made, { driverOpts: { image, memory: "512m" } });
            const afterLimit = await build(made.id, folder);
            await remove(made);

            const name = bench.name();
            await makeByBuildx(name);
            await build(name, folder);
            const again = async (...options: string[]) => {
                await removeByBuildx(...options, name);
                await makeByBuildx(name, "--driver-opt", `image=${image}`);
                return build(name, folder);
            };
            const keeping = await again("--keep-state");
            const beside = await again();
            await removeByBuildx(name);
            const more = { "changed image": afterImage, "changed limit": afterLimit, "rm --keep-state": keeping };
            return { ours: Math.min(afterImage, afterLimit), beside, more };
        } finally {
            await run("docker", ["image", "rm", "--force", image]);
        }
    },
};
