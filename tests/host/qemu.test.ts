import { strict as assert } from "node:assert";
import {
    claimed,
    install,
    markOf,
    registered,
    stockQemu,
    unmountBinfmt,
    unregister,
    withoutEmulators,
} from "../support/binfmt";
import { docker } from "../support/docker";
import { second } from "../support/engines";
import { withPlugin } from "../support/pluginClient";
import { emulation, resources } from "../support/program";
import { withProject } from "../support/project";
import { startProxy } from "../support/proxy";
import { must } from "../support/run";
import { type Stack, withStack } from "../support/stack";

const onHost = (test: (stack: Stack) => Promise<void>) => withoutEmulators(withStack(test));

/** Returns the containers in which the image ran. They must be removed when the image exits. */
const helpers = () => docker(["ps", "--all", "--quiet", "--filter", "name=pulumi-buildx-qemu-"]);

const programOf = (args: object) => resources({ qemu: emulation(args) }, { added: "${qemu.added}" });

interface Outputs {
    supported: string[];
    emulators: string[];
    added: string[];
}

describe("QEMU's emulators", () => {
    it(
        "are registered, restored after a loss, changed one by one, and removed",
        withoutEmulators(
            withProject(async (project) => {
                const program = (platforms: string) =>
                    project.program(`
                    const qemu = new buildx.QemuEmulation("qemu", { platforms: ${platforms} });
                    for (const key of ["supported", "emulators", "added"]) exports[key] = qemu[key];`);
                await program('["linux/arm64"]');
                const { output } = await project.preview();
                for (const key of ["supported", "emulators", "added"])
                    assert.match(output, new RegExp(`^ +(\\+ )?${key} *: (\\[unknown\\]|output<string>)`, "m"), output);
                await project.up();
                const { supported, emulators, added } = await project.outputs<Outputs>();
                assert.ok(supported.includes("linux/amd64") && supported.includes("linux/arm64"), String(supported));
                assert.ok(emulators.includes("qemu-aarch64"));
                assert.deepEqual(added, ["qemu-aarch64"]);
                assert.deepEqual(await registered(), ["qemu-aarch64"]);
                assert.equal(await helpers(), "");
                // The states of all releases contain these texts, so the texts can never change.
                const [{ type, inputs } = assert.fail("Pulumi's state does not know it")] = await project.state();
                assert.equal(type, "pulumi-nodejs:dynamic/buildx:QemuEmulation");
                assert.equal(
                    inputs.__provider,
                    'exports.handler = () => require("pulumi-buildx/dynamic").QemuEmulation;',
                );
                const [claim] = await claimed();
                assert.equal(claim?.Labels["io.github.pulumi-buildx.urn"], project.urn("QemuEmulation", "qemu"));
                await project.preview("--expect-no-changes");
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");

                await unregister("qemu-aarch64");
                await project.refresh();
                assert.deepEqual((await project.state())[0]?.outputs.added, []);
                assert.match((await project.preview()).output, /1 to update/);
                await project.up();
                assert.deepEqual(await registered(), ["qemu-aarch64"]);

                const mark = await markOf("qemu-aarch64");
                await program('["arm64", "linux/riscv64"]');
                await project.up();
                assert.deepEqual(await registered(), ["qemu-aarch64", "qemu-riscv64"]);
                assert.equal(await markOf("qemu-aarch64"), mark);
                const other = await markOf("qemu-riscv64");
                await program('["riscv64"]');
                await project.up();
                assert.deepEqual(await registered(), ["qemu-riscv64"]);
                assert.equal(await markOf("qemu-riscv64"), other);
                await project.refresh("--expect-no-changes");

                await project.destroy();
                assert.deepEqual(await registered(), []);
                assert.deepEqual(await claimed(), []);
            }),
        ),
    );

    it(
        "of a saved stack are requested again on another machine, and the emulators of others remain",
        onHost(async (stack) => {
            const image = "tonistiigi/binfmt";
            const atSecond = ["docker", "--host", second.host];
            await must("sh", ["-c", `docker save ${image} | ${atSecond.join(" ")} load -q`]);
            let proxy = await startProxy(stack.folder);
            try {
                stack.env.DOCKER_HOST = proxy.host;
                await stack.program(programOf({ platforms: ["linux/arm64"] }));
                await stack.up();
                assert.deepEqual((await stack.outputs<Outputs>()).added, ["qemu-aarch64"]);
                await proxy.stop();

                // The same address is another engine, on which the resource has added no emulators.
                proxy = await startProxy(stack.folder, undefined, second.host);
                await stack.restart(); // as between two commands: a plugin asks an engine for its identifier only once
                await stack.preview();
                assert.deepEqual(stack.steps, { qemu: "update" });
                await stack.up();
                assert.deepEqual((await stack.outputs<Outputs>()).added, []);
                await stack.preview("--expect-no-changes");
                await stack.refresh("--expect-no-changes");
                await proxy.stop();

                proxy = await startProxy(stack.folder);
                await stack.restart();
                await stack.up();
                assert.deepEqual((await stack.outputs<Outputs>()).added, ["qemu-aarch64"]);
                await stack.destroy();
                assert.deepEqual(await registered(), []);
                assert.deepEqual(await claimed(), []);
            } finally {
                await proxy.stop();
                await docker(["--host", second.host, "image", "rm", "--force", image]);
            }
        }),
    );

    it(
        "remain if another program registered them, or if another resource needs them",
        onHost(async (stack) => {
            await install("arm64");
            const mark = await markOf("qemu-aarch64");
            const one = emulation({ platforms: ["arm64", "riscv64"] });
            const two = emulation({ platforms: ["riscv64", "s390x"] });
            await stack.program(resources({ one, two }));
            await stack.up();
            assert.deepEqual(await registered(), ["qemu-aarch64", "qemu-riscv64", "qemu-s390x"]);
            const state = await stack.state();
            assert.deepEqual(state.map(({ outputs }) => outputs.added).sort(), [
                ["qemu-riscv64"],
                ["qemu-riscv64", "qemu-s390x"],
            ]);

            await stack.program(resources({ two }));
            await stack.up();
            assert.deepEqual(await registered(), ["qemu-aarch64", "qemu-riscv64", "qemu-s390x"]);

            await stack.program(resources({ one, two }));
            await stack.up();
            await stack.destroy(); // of both at the same time
            assert.deepEqual(await registered(), ["qemu-aarch64"]);
            assert.equal(await markOf("qemu-aarch64"), mark);
            assert.deepEqual(await claimed(), []);
        }),
    );

    it(
        "are all emulators of the image by default, and are registered again from another image",
        onHost(async (stack) => {
            const image = `${stack.unique}:qemu`;
            await docker(["tag", stockQemu, image]);
            try {
                await stack.program(programOf({}));
                await stack.up();
                const all = await registered();
                assert.ok(all.includes("qemu-aarch64") && all.includes("qemu-s390x"), String(all));
                assert.deepEqual((await stack.state())[0]?.outputs.added, all);
                await stack.refresh("--expect-no-changes");
                await stack.preview("--expect-no-changes");

                await unregister("qemu-s390x");
                await stack.refresh();
                const mark = await markOf("qemu-aarch64");
                await stack.up();
                assert.deepEqual(await registered(), all);
                assert.equal(await markOf("qemu-aarch64"), mark);

                await stack.program(programOf({ image, platforms: ["arm64"] }));
                await stack.up();
                assert.deepEqual(await registered(), ["qemu-aarch64"]);
                assert.notEqual(await markOf("qemu-aarch64"), mark);
                await stack.preview("--expect-no-changes");
            } finally {
                await stack.destroy();
                await docker(["rmi", image]);
            }
        }),
    );

    it(
        "fail and leave nothing, if the container that registers them would remove them with its exit",
        withoutEmulators(
            withStack(async (stack) => {
                await unmountBinfmt();
                await stack.program(programOf({ platforms: ["arm64"] }));
                const { code, output } = await stack.try("up");
                if (await isKeptWithoutMount()) return assert.equal(code, 0, output); // older kernels
                assert.match(
                    output,
                    /qemu-aarch64 cannot stay registered .* binfmt_misc is not mounted on the host, .*\. Mount/,
                );
                assert.deepEqual(await claimed(), []);
                assert.deepEqual(await stack.state(), []);
            }),
        ),
    );

    it(
        "are imported by the engine of their host, or with the resource that registered them",
        withoutEmulators(
            withPlugin(async (plugin) => {
                const urn = plugin.urn("QemuEmulation", "imported");
                const none = plugin.read(urn, "default");
                await assert.rejects(none, /"default" cannot be imported: no emulators are registered on the host of/);
                const isUnchanged = async (id: string, added: string[]) => {
                    const { properties, inputs, ...found } = await plugin.read(urn, id);
                    assert.deepEqual(inputs, { platforms: ["linux/arm64"] });
                    assert.deepEqual(properties.added, added);
                    const { inputs: news, failures } = await plugin.check(urn, inputs, inputs);
                    assert.deepEqual(failures, []);
                    const { changes } = await plugin.diff(urn, found.id, { olds: properties, oldInputs: inputs, news });
                    assert.equal(changes, "none");
                    return { ...found, properties };
                };

                await install("arm64");
                const foreign = await isUnchanged("default", []);
                await plugin.delete(urn, foreign.id, foreign.properties);
                assert.deepEqual(await registered(), ["qemu-aarch64"]);
                await unregister("qemu-aarch64");

                const made = await plugin.made(plugin.urn("QemuEmulation", "made"), { platforms: ["arm64"] });
                const own = await isUnchanged(made.id, ["qemu-aarch64"]);
                assert.equal(own.id, made.id);
                await plugin.delete(urn, own.id, own.properties);
                assert.deepEqual([await registered(), await claimed()], [[], []]);
            }),
        ),
    );
});

/** Whether the kernel keeps emulators without a mount of their file system. Linux 6.7 is the first that does not. */
async function isKeptWithoutMount(): Promise<boolean> {
    const [major = 0, minor = 0] = (await must("uname", ["-r"])).split(".").map(Number);
    return major < 6 || (major === 6 && minor < 7);
}
