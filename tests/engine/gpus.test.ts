import { strict as assert } from "node:assert";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspectContainer, leftovers } from "../support/docker";
import { type OwnEngine, withOwnEngine } from "../support/ownEngine";
import { builder, resources } from "../support/program";
import { must } from "../support/run";
import { type Stack, withStack } from "../support/stack";
import { containerOf } from "../support/state";

/** Creates programs that make an engine report GPUs: the hook of NVIDIA, and a runtime that calls runc. */
async function createPrograms({ folder }: Stack): Promise<{ hooks: string; runtime: string }> {
    const hooks = join(folder, "bin");
    const runtime = join(folder, "nvidia-container-runtime");
    const runc = (await must("which", ["runc"])).trim();
    await mkdir(hooks);
    await writeFile(join(hooks, "nvidia-container-runtime-hook"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    await writeFile(runtime, `#!/bin/sh\nexec ${runc} "$@"\n`, { mode: 0o755 });
    return { hooks, runtime };
}

const libraries = "/usr/lib/wsl";

/** A stack, and an engine on which it has builders. */
class Machine {
    constructor(
        private readonly stack: Stack,
        private readonly engine: OwnEngine,
    ) {}

    /** Restarts the engine, and the plugin, which Pulumi starts for each command. */
    async restart(options: Parameters<OwnEngine["restart"]>[0]): Promise<void> {
        await this.engine.restart(options);
        await this.stack.restart();
    }

    /** Returns what a builder's container has of the host's hardware. */
    async hardwareOf(name: string) {
        const container = containerOf(`${this.stack.unique}-${name}`);
        const { DeviceRequests, Mounts } = (await inspectContainer(container, this.engine.host))?.HostConfig ?? {};
        const mounts = (Mounts ?? []).map((mount) => ({ ...mount, Source: mount.Source?.replace(container, "") }));
        return { DeviceRequests, mounts };
    }

    /** Creates a builder with docker buildx. */
    async createWithBuildx(name: string): Promise<void> {
        const named = ["--driver", "docker-container", "--name", `${this.stack.unique}-${name}`];
        await this.stack.buildx("create", ...named, "--bootstrap", this.engine.host);
    }

    /** Checks that nothing changes any more. */
    async settles(): Promise<void> {
        await this.stack.refresh("--expect-no-changes");
        await this.stack.preview("--expect-no-changes");
        assert.deepEqual(await leftovers("_gpus", this.engine.host), []);
    }
}

describe("GPUs", () => {
    it(
        "of the engine's host are given to a builder as buildx does it, if they appear later, and if it is adopted",
        withStack(async (stack) => {
            const { hooks, runtime } = await createPrograms(stack);
            await withOwnEngine({}, async (engine) => {
                const machine = new Machine(stack, engine);
                const ours = { b: builder({ name: `${stack.unique}-ours`, endpoint: engine.host }) };
                await stack.program(resources(ours));
                await stack.up();
                assert.equal((await machine.hardwareOf("ours")).DeviceRequests, null);
                await machine.settles();

                const runtimes = { nvidia: { path: runtime } };
                await machine.restart({ config: { runtimes }, env: { PATH: `${hooks}:${process.env.PATH}` } });
                await stack.refresh();
                const { output } = await stack.up();
                assert.match(output, /creating .*-ours0: what buildx gives every builder .*GPUs.* changed/);
                await machine.createWithBuildx("theirs");
                const theirs = await machine.hardwareOf("theirs");
                assert.equal(theirs.DeviceRequests?.length, 1);
                assert.deepEqual(await machine.hardwareOf("ours"), theirs);
                await machine.settles();

                // The engine has GPUs, but does not report them.
                await machine.restart({ config: {} });
                await machine.settles();
                const adopted = { name: `${stack.unique}-theirs`, endpoint: engine.host, adopt: true };
                const driverOpts = { env: { A: "1" } };
                await stack.program(resources({ ...ours, a: builder({ ...adopted, driverOpts }) }));
                await stack.up();
                assert.deepEqual(await machine.hardwareOf("theirs"), theirs);

                await mkdir(libraries);
                try {
                    stack.env.WSL_DISTRO_NAME = "test";
                    await machine.createWithBuildx("wsl");
                    await stack.refresh();
                    await stack.up();
                    const inWsl = await machine.hardwareOf("wsl");
                    assert.equal(inWsl.mounts.length, 2);
                    for (const each of ["ours", "theirs"]) assert.deepEqual(await machine.hardwareOf(each), inWsl);
                    await machine.settles();
                } finally {
                    await rmdir(libraries);
                }
                delete stack.env.WSL_DISTRO_NAME;
                await machine.settles();

                // The engine reports GPUs, but has none. Only a container shows that.
                await machine.restart({ config: { runtimes }, env: {}, fresh: true });
                await stack.up("--refresh");
                assert.equal((await machine.hardwareOf("ours")).DeviceRequests, null);
                await machine.settles();
            });
        }),
    );
});
