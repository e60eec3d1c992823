import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { driverDefaults } from "../../provider/buildx/driverOptions";
import { run, must } from "../../tests/support/run";
import type { Measurement } from "../measurement";
import type { Bench } from "../support/bench";
import { updateBuilder, createBuilder, createWithBuildx, deleteBuilder, removeWithBuildx } from "../support/builders";

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
    what: "cached layers after a change of the BuildKit image, and of a limit",
    beside: "docker buildx rm and create --bootstrap",
    unit: "%",
    goal: { of: "ours", least: 100 },
    async run(bench) {
        const folder = await context(bench);
        const image = await otherImage(bench);
        try {
            const created = await createBuilder(bench.name());
            await build(created.id, folder);
            await updateBuilder(created, { driverOpts: { image } });
            const afterImage = await build(created.id, folder);
            await updateBuilder(created, { driverOpts: { image, memory: "512m" } });
            const afterLimit = await build(created.id, folder);
            await deleteBuilder(created);

            const name = bench.name();
            await createWithBuildx(name);
            await build(name, folder);
            const recreate = async (...options: string[]) => {
                await removeWithBuildx(...options, name);
                await createWithBuildx(name, "--driver-opt", `image=${image}`);
                return build(name, folder);
            };
            const keeping = await recreate("--keep-state");
            const beside = await recreate();
            await removeWithBuildx(name);
            const more = { "changed image": afterImage, "changed limit": afterLimit, "rm --keep-state": keeping };
            return { ours: Math.min(afterImage, afterLimit), beside, more };
        } finally {
            await run("docker", ["image", "rm", "--force", image]);
        }
    },
};
