import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { leftovers } from "../support/docker";
import { Project, withProject } from "../support/project";
import { run } from "../support/run";

/** Ten builders, as a program. */
const ten = `for (let i = 0; i < 10; i++) new buildx.BuildxBuilder("b" + i, { name: unique + "-" + i });`;

describe("several at once", () => {
    it(
        "make twenty builders in two stacks while buildx works on the same store, and lose no record",
        withProject(async (project) => {
            const other = await Project.make({ store: project.store });
            try {
                await mkdir(project.store, { recursive: true });
                await Promise.all([project.program(ten), other.program(ten)]);
                let isOver = false;
                const problems: string[] = [];
                const buildx = async (...args: string[]) => {
                    const { code, output } = await run("docker", ["buildx", ...args], { env: project.env });
                    if (code !== 0) problems.push(`${args.join(" ")}: ${output}`);
                };
                const loop = (async () => {
                    for (let round = 0; !isOver; round++) {
                        const name = `${project.unique}-loop-${round}`;
                        await buildx("create", "--name", name, "--driver", "docker-container");
                        await buildx("ls");
                        await buildx("rm", name);
                    }
                    return true;
                })();
                try {
                    await Promise.all([project.up(), other.up()]);
                } finally {
                    isOver = true;
                    await loop;
                }
                assert.deepEqual(problems, []);
                const names = [project, other].flatMap(({ unique }) =>
                    Array.from({ length: 10 }, (_, index) => `${unique}-${index}`),
                );
                assert.deepEqual((await project.records()).sort(), names.sort());
                for (const name of names) assert.equal((await project.record(name)).Name, name);
                await project.preview("--expect-no-changes");

                await Promise.all([project.destroy(), other.destroy()]);
                assert.deepEqual(await project.records(), []);
                assert.deepEqual(await leftovers(project.unique), []);
                assert.deepEqual(await leftovers(other.unique), []);
            } finally {
                await other.remove();
            }
        }),
    );

    it(
        "write only once they have buildx's lock",
        withProject(async (project) => {
            await mkdir(project.store, { recursive: true });
            const lock = join(project.store, ".lock");
            const released = join(project.folder, "released");
            const holder = spawn("flock", [lock, "sh", "-c", `echo held; sleep 6; date > ${released}`]);
            await once(holder.stdout, "data");
            await project.program(`new buildx.BuildxBuilder("b", { name: unique });`);
            await project.up();
            const written = await stat(join(project.store, "instances", project.unique));
            assert.ok(written.mtimeMs >= (await stat(released)).mtimeMs - 50);
            assert.ok((await readFile(released, "utf8")).length > 0);
        }),
    );
});
