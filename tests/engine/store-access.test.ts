import { strict as assert } from "node:assert";
import { chmod, chown, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { main } from "../support/cli";
import { docker, leftovers } from "../support/docker";
import { isolateDockerConfig } from "../support/dockerConfig";
import { second } from "../support/engines";
import { type Project, withProject } from "../support/project";
import { run } from "../support/run";

/** The superuser may do all, but for what is taken from them. */
const without = "-dac_override,-dac_read_search,-fowner";
const limited = process.getuid?.() === 0 ? ["setpriv", `--bounding-set=${without}`, `--inh-caps=${without}`] : ["env"];

/** A command as a user whom files of others keep out; gives what it said on one line, and its exit code. */
async function asUser(project: Project, ...command: string[]): Promise<{ code: number; text: string }> {
    const [program, ...args] = [...limited, ...command];
    const { code, output } = await run(program as string, args, { cwd: project.folder, env: project.env });
    return { code, text: output.replace(/\s+/g, " ") };
}

const pulumi = (project: Project, verb: string) =>
    asUser(project, "pulumi", verb, "--non-interactive", ...(verb === "preview" ? [] : ["--yes", "--skip-preview"]));

/** The containers' identifiers and volumes of a builder. */
const onEngine = async ({ unique }: Project) =>
    (await docker(["ps", "--all", "--no-trunc", "--quiet", "--filter", `name=${unique}`])) +
    (await leftovers(unique)).join();

describe("a store that this user may not use", () => {
    it(
        "fails with the path and what to do before anything is made, changed or removed",
        withProject(async (project) => {
            const { store } = project;
            const instances = join(store, "instances");
            const record = join(instances, project.unique);
            const builder = (args: string) =>
                project.program(`new buildx.BuildxBuilder("b", { name: unique, ${args} });`);
            await builder("");
            await mkdir(instances, { recursive: true, mode: 0o700 });
            await chmod(store, 0o500);
            const may = (path: string) => `this user (uid ${process.getuid?.()}) has no permission to write to ${path}`;
            const fixed = (path: string) =>
                `Set BUILDX_CONFIG to a folder that this user can write, or give this user access with: chmod -R u+rwX ${path}`;
            const made = await pulumi(project, "up");
            assert.ok(made.text.includes(`buildx's store cannot be written: ${may(store)}`), made.text);
            assert.ok(made.text.includes(fixed(store)), made.text);
            assert.deepEqual(await leftovers(project.unique), []);
            await chmod(store, 0o700);
            await chmod(instances, 0o500);
            assert.ok((await pulumi(project, "up")).text.includes(fixed(instances)));
            assert.deepEqual(await leftovers(project.unique), []);
            await chmod(instances, 0o700);
            assert.equal((await pulumi(project, "up")).code, 0);

            // Neither a change nor a removal begins that could not be finished; what does not write goes on.
            const there = await onEngine(project);
            await chmod(instances, 0o500);
            assert.equal((await pulumi(project, "preview")).code, 0);
            await builder('driverOpts: { env: { A: "b" } }');
            for (const verb of ["up", "destroy"]) {
                const { code, text } = await pulumi(project, verb);
                assert.notEqual(code, 0);
                assert.ok(text.includes(fixed(instances)), text);
                assert.equal(await onEngine(project), there, verb);
            }
            await chmod(instances, 0o700);

            // What may not be read is no builder that exists already, and no missing one.
            await chmod(record, 0);
            const text = await readFile(main).then(() => pulumi(project, "preview"));
            const unread = `buildx's store cannot be read: this user (uid ${process.getuid?.()}) has no permission to read ${record}`;
            assert.ok(text.text.includes(unread), text.text);
            assert.ok(text.text.includes(fixed(record)), text.text);
            if (process.getuid?.() === 0) {
                await chown(record, 12345, 12345);
                const { text: theirs } = await pulumi(project, "up");
                assert.ok(theirs.includes(`${record}, which belongs to uid 12345`), theirs);
                assert.ok(theirs.includes(`sudo chown -R 0:0 ${record}`), theirs);
                const examined = await asUser(project, "node", main, "doctor", project.unique);
                assert.match(examined.text, /record of builder .* cannot be used/);
                assert.ok(examined.text.includes(`sudo chown -R 0:0 ${record}`), examined.text);
                await chown(record, 0, 0);
            }
            await chmod(record, 0o600);
            await chmod(instances, 0);
            const shown = await asUser(project, "node", main, "status");
            assert.equal(shown.code, 1);
            assert.ok(shown.text.includes(`has no permission to read ${instances}`), shown.text);
            const read = `require("pulumi-buildx").getBuilder({ name: "x" }).catch((error) => console.log(error.message))`;
            assert.match((await asUser(project, "node", "-e", read)).text, /buildx's store cannot be read: .*chmod/);
            await chmod(instances, 0o700);

            // docker buildx itself does not work without the lock.
            await chmod(join(store, ".lock"), 0);
            assert.ok(
                (await pulumi(project, "up")).text.includes(`has no permission to write to ${join(store, ".lock")}`),
            );
            assert.equal(await onEngine(project), there);
            await chmod(join(store, ".lock"), 0o600);
            assert.equal((await pulumi(project, "up")).code, 0);
            assert.equal((await pulumi(project, "destroy")).code, 0);
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );

    it(
        "is told apart: a home that is not there, a read-only disk, a file in its place",
        withProject(async (project) => {
            await project.program(`new buildx.BuildxBuilder("b", { name: unique });
                new buildx.BuildKitState("s", { builderName: unique + "-s" });`);
            const says = async (store: string, text: string) => {
                project.env.BUILDX_CONFIG = store;
                const { code, output } = await project.try("up");
                assert.notEqual(code, 0);
                const said = output.replace(/\s+/g, " ");
                assert.ok(said.includes(text), said);
                assert.match(said, /set BUILDX_CONFIG to a folder that this user can write/i);
                assert.deepEqual(await leftovers(project.unique), []);
            };
            await says("/proc/nobody/.docker/buildx", "/proc/nobody/.docker/buildx cannot be created below /proc.");
            const file = join(project.folder, "file");
            await writeFile(file, "");
            await says(join(file, "buildx"), `${file} is a file, not a folder.`);
            if (process.getuid?.() !== 0) return;
            const disk = join(project.folder, "disk");
            await mkdir(disk);
            await run("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", disk]);
            try {
                await says(join(disk, "buildx"), `${join(disk, "buildx")} is on a read-only file system.`);
                await says(disk, `${disk}`);
                // Another user, whose home belongs to someone else.
                const home = join(project.folder, "home-of-another");
                await mkdir(home, { mode: 0o755 });
                const script = `const { storeIdentifier, writeRecord } = require("${join(main, "../../provider/buildx/store.js")}");
                    storeIdentifier().catch((error) => console.log(error.message))
                        .then(() => writeRecord({ Name: "ci", Driver: "", Nodes: [], Dynamic: false }, { exclusive: true }))
                        .catch((error) => console.log(error.message));`;
                const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
                await chmod(project.folder, 0o755);
                const { output } = await run("setpriv", [...nobody, "node", "-e", script], {
                    env: { ...project.env, BUILDX_CONFIG: "", DOCKER_CONFIG: "", HOME: home, NODE_OPTIONS: "" },
                });
                const failure =
                    `buildx's store cannot be written: this user (uid 65534) has no permission to write to ${home}, which belongs to uid 0, ` +
                    `and therefore cannot write ${join(home, ".docker/buildx")}. Set BUILDX_CONFIG to a folder that this user can write`;
                assert.deepEqual(output.trim().split("\n")[0], failure);
                assert.match(output.trim().split("\n")[1] ?? "", /^buildx's store cannot be written: /);
            } finally {
                await run("umount", [disk]);
            }
        }),
    );

    it(
        "is so with docker's contexts, where a node needs one",
        withProject(async (project) => {
            await isolateDockerConfig(project);
            const folder = project.env.DOCKER_CONFIG as string;
            const contexts = join(folder, "contexts");
            await rm(contexts, { recursive: true, force: true });
            await mkdir(contexts, { mode: 0o500 });
            const tls = JSON.stringify(second.certificates("client").paths);
            await project.program(
                `new buildx.BuildxBuilder("b", { name: unique, endpoint: "${second.tcp}", tls: ${tls} });`,
            );
            const { code, text } = await pulumi(project, "up");
            assert.notEqual(code, 0);
            assert.ok(text.includes("docker's contexts cannot be written: this user"), text);
            assert.ok(
                /Set DOCKER_CONFIG to a folder .*, or give this user access with: chmod -R u\+rwX (\S+)/.exec(
                    text,
                )?.[1] === contexts,
                text,
            );
            assert.deepEqual(await leftovers(project.unique, second.host), []);
            assert.deepEqual(await project.records(), []);
        }),
    );
});
