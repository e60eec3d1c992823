import { strict as assert } from "node:assert";
import { chmod, chown, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { main } from "../support/cli";
import { docker, leftovers } from "../support/docker";
import { isolateDockerConfig } from "../support/dockerConfig";
import { second } from "../support/engines";
import { builder, resources, state } from "../support/program";
import { run } from "../support/run";
import { type Stack, withStack } from "../support/stack";

/** The superuser can access all files, except without these capabilities. */
const without = "-dac_override,-dac_read_search,-fowner";
const limited = process.getuid?.() === 0 ? ["setpriv", `--bounding-set=${without}`, `--inh-caps=${without}`] : ["env"];

/** Runs a command without access to the files of other users. Returns the output on one line, and the exit code. */
async function asUser(stack: Stack, ...command: string[]): Promise<{ code: number; text: string }> {
    const [program, ...args] = [...limited, ...command];
    const { code, output } = await run(program as string, args, { cwd: stack.folder, env: stack.env });
    return { code, text: output.replace(/\s+/g, " ") };
}

/** Runs an operation. Returns the output on one line, and the exit code. */
async function operation(stack: Stack, verb: string): Promise<{ code: number; text: string }> {
    const { code, output } = await stack.try(verb);
    return { code, text: output.replace(/\s+/g, " ") };
}

/** Returns the identifiers of a builder's containers, and the names of its containers and volumes. */
const onEngine = async ({ unique }: Stack) =>
    (await docker(["ps", "--all", "--no-trunc", "--quiet", "--filter", `name=${unique}`])) +
    (await leftovers(unique)).join();

describe("a store that this user cannot access", () => {
    it(
        "fails with the path and the solution before anything is created, changed or removed",
        withStack(async (stack) => {
            stack.launcher = limited;
            const { store } = stack;
            const instances = join(store, "instances");
            const record = join(instances, stack.unique);
            const program = (args: object) => stack.program(resources({ b: builder({ name: stack.unique, ...args }) }));
            await program({});
            await mkdir(instances, { recursive: true, mode: 0o700 });
            await chmod(store, 0o500);
            const may = (path: string) => `this user (uid ${process.getuid?.()}) has no permission to write to ${path}`;
            const fixed = (path: string) =>
                `Set BUILDX_CONFIG to a folder that this user can write, or give this user access with: chmod -R u+rwX ${path}`;
            const made = await operation(stack, "up");
            assert.ok(made.text.includes(`buildx's store cannot be written: ${may(store)}`), made.text);
            assert.ok(made.text.includes(fixed(store)), made.text);
            assert.deepEqual(await leftovers(stack.unique), []);
            await chmod(store, 0o700);
            await chmod(instances, 0o500);
            assert.ok((await operation(stack, "up")).text.includes(fixed(instances)));
            assert.deepEqual(await leftovers(stack.unique), []);
            await chmod(instances, 0o700);
            assert.equal((await operation(stack, "up")).code, 0);

            // A change or a removal that cannot be completed does not start. A preview does not write, and succeeds.
            const there = await onEngine(stack);
            await chmod(instances, 0o500);
            assert.equal((await operation(stack, "preview")).code, 0);
            await program({ driverOpts: { env: { A: "b" } } });
            for (const verb of ["up", "destroy"]) {
                const { code, text } = await operation(stack, verb);
                assert.notEqual(code, 0);
                assert.ok(text.includes(fixed(instances)), text);
                assert.equal(await onEngine(stack), there, verb);
            }
            await chmod(instances, 0o700);

            // A record that cannot be read is neither an existing builder nor a missing one.
            await chmod(record, 0);
            const unreadable = await operation(stack, "preview");
            const unread = `buildx's store cannot be read: this user (uid ${process.getuid?.()}) has no permission to read ${record}`;
            assert.ok(unreadable.text.includes(unread), unreadable.text);
            assert.ok(unreadable.text.includes(fixed(record)), unreadable.text);
            if (process.getuid?.() === 0) {
                await chown(record, 12345, 12345);
                const { text: theirs } = await operation(stack, "up");
                assert.ok(theirs.includes(`${record}, which belongs to uid 12345`), theirs);
                assert.ok(theirs.includes(`sudo chown -R 0:0 ${record}`), theirs);
                const examined = await asUser(stack, "node", main, "doctor", stack.unique);
                assert.match(examined.text, /record of builder .* cannot be used/);
                assert.ok(examined.text.includes(`sudo chown -R 0:0 ${record}`), examined.text);
                await chown(record, 0, 0);
            }
            await chmod(record, 0o600);
            await chmod(instances, 0);
            const shown = await asUser(stack, "node", main, "status");
            assert.equal(shown.code, 1);
            assert.ok(shown.text.includes(`has no permission to read ${instances}`), shown.text);
            const read = `require("pulumi-buildx").getBuilder({ name: "x" }).catch((error) => console.log(error.message))`;
            assert.match((await asUser(stack, "node", "-e", read)).text, /buildx's store cannot be read: .*chmod/);
            await chmod(instances, 0o700);

            // docker buildx itself does not work without the lock.
            await chmod(join(store, ".lock"), 0);
            assert.ok(
                (await operation(stack, "up")).text.includes(`has no permission to write to ${join(store, ".lock")}`),
            );
            assert.equal(await onEngine(stack), there);
            await chmod(join(store, ".lock"), 0o600);
            assert.equal((await operation(stack, "up")).code, 0);
            assert.equal((await operation(stack, "destroy")).code, 0);
            assert.deepEqual(await leftovers(stack.unique), []);
        }),
    );

    it(
        "is reported by its cause: a missing home, a read-only disk, a file in place of the folder",
        withStack(async (stack) => {
            await stack.program(
                resources({
                    b: builder({ name: stack.unique }),
                    s: state({ builderName: `${stack.unique}-s` }),
                }),
            );
            const says = async (store: string, text: string) => {
                stack.env.BUILDX_CONFIG = store;
                const { code, output } = await stack.try("up");
                assert.notEqual(code, 0);
                const said = output.replace(/\s+/g, " ");
                assert.ok(said.includes(text), said);
                assert.match(said, /set BUILDX_CONFIG to a folder that this user can write/i);
                assert.deepEqual(await leftovers(stack.unique), []);
            };
            await says("/proc/nobody/.docker/buildx", "/proc/nobody/.docker/buildx cannot be created below /proc.");
            const file = join(stack.folder, "file");
            await writeFile(file, "");
            await says(join(file, "buildx"), `${file} is a file, not a folder.`);
            if (process.getuid?.() !== 0) return;
            const disk = join(stack.folder, "disk");
            await mkdir(disk);
            await run("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", disk]);
            try {
                await says(join(disk, "buildx"), `${join(disk, "buildx")} is on a read-only file system.`);
                await says(disk, `${disk}`);
                // The home of this user belongs to another user.
                const home = join(stack.folder, "home-of-another");
                await mkdir(home, { mode: 0o755 });
                const script = `const { storeIdentifier, writeRecord } = require("${join(main, "../../provider/buildx/store.js")}");
                    storeIdentifier().catch((error) => console.log(error.message))
                        .then(() => writeRecord({ Name: "ci", Driver: "", Nodes: [], Dynamic: false }, { exclusive: true }))
                        .catch((error) => console.log(error.message));`;
                const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
                await chmod(stack.folder, 0o755);
                const { output } = await run("setpriv", [...nobody, "node", "-e", script], {
                    env: { ...stack.env, BUILDX_CONFIG: "", DOCKER_CONFIG: "", HOME: home, NODE_OPTIONS: "" },
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
        "fails in the same way for docker's contexts, if a node needs a context",
        withStack(async (stack) => {
            stack.launcher = limited;
            await isolateDockerConfig(stack);
            const folder = stack.env.DOCKER_CONFIG as string;
            const contexts = join(folder, "contexts");
            await rm(contexts, { recursive: true, force: true });
            await mkdir(contexts, { mode: 0o500 });
            const tls = second.certificates("client").paths;
            await stack.program(resources({ b: builder({ name: stack.unique, endpoint: second.tcp, tls }) }));
            const { code, text } = await operation(stack, "up");
            assert.notEqual(code, 0);
            assert.ok(text.includes("docker's contexts cannot be written: this user"), text);
            assert.ok(
                /Set DOCKER_CONFIG to a folder .*, or give this user access with: chmod -R u\+rwX (\S+)/.exec(
                    text,
                )?.[1] === contexts,
                text,
            );
            assert.deepEqual(await leftovers(stack.unique, second.host), []);
            assert.deepEqual(await stack.records(), []);
        }),
    );
});
