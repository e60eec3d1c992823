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
import { type Project, withProject } from "../support/project";
import { startProxy } from "../support/proxy";
import { must } from "../support/run";

const onHost = (test: (project: Project) => Promise<void>) => withoutEmulators(withProject(test));

/** Containers in which the image was called, which are to be gone as soon as it is done. */
const helpers = () => docker(["ps", "--all", "--quiet", "--filter", "name=pulumi-buildx-qemu-"]);

const emulation = (platforms: string) => `
    const qemu = new buildx.QemuEmulation("qemu", { platforms: ${platforms} });
    for (const key of ["supported", "emulators", "added"]) exports[key] = qemu[key];`;

interface Outputs {
    supported: string[];
    emulators: string[];
    added: string[];
}

describe("QEMU's emulators", () => {
    it(
        "are registered, mended when they vanish, changed one by one, and taken away",
        onHost(async (project) => {
            const program = (platforms: string) => project.program(emulation(platforms));
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
    );

    it(
        "of a saved stack are asked for again on another machine, where those of others stay",
        onHost(async (project) => {
            const image = "tonistiigi/binfmt";
            const atSecond = ["docker", "--host", second.host];
            await must("sh", ["-c", `docker save ${image} | ${atSecond.join(" ")} load -q`]);
            let proxy = await startProxy(project.folder);
            try {
                project.env.DOCKER_HOST = proxy.host;
                await project.program(emulation('["linux/arm64"]'));
                await project.up();
                assert.deepEqual((await project.outputs<Outputs>()).added, ["qemu-aarch64"]);
                await proxy.stop();

                // The same address, another engine: to this resource the host's emulators are someone else's there.
                proxy = await startProxy(project.folder, undefined, second.host);
                assert.match((await project.preview()).output, /1 to update/);
                await project.up();
                assert.deepEqual((await project.outputs<Outputs>()).added, []);
                await project.preview("--expect-no-changes");
                await project.refresh("--expect-no-changes");
                await proxy.stop();

                proxy = await startProxy(project.folder);
                await project.up();
                assert.deepEqual((await project.outputs<Outputs>()).added, ["qemu-aarch64"]);
                await project.destroy();
                assert.deepEqual(await registered(), []);
                assert.deepEqual(await claimed(), []);
            } finally {
                await proxy.stop();
                await docker(["--host", second.host, "image", "rm", "--force", image]);
            }
        }),
    );

    it(
        "stay where someone else registered them, and where another resource needs them",
        onHost(async (project) => {
            await install("arm64");
            const mark = await markOf("qemu-aarch64");
            const one = `new buildx.QemuEmulation("one", { platforms: ["arm64", "riscv64"] });`;
            const two = `new buildx.QemuEmulation("two", { platforms: ["riscv64", "s390x"] });`;
            await project.program(one + two);
            await project.up();
            assert.deepEqual(await registered(), ["qemu-aarch64", "qemu-riscv64", "qemu-s390x"]);
            const state = await project.state();
            assert.deepEqual(state.map(({ outputs }) => outputs.added).sort(), [
                ["qemu-riscv64"],
                ["qemu-riscv64", "qemu-s390x"],
            ]);

            await project.program(two);
            await project.up();
            assert.deepEqual(await registered(), ["qemu-aarch64", "qemu-riscv64", "qemu-s390x"]);

            await project.program(one + two);
            await project.up();
            await project.destroy(); // of both at once
            assert.deepEqual(await registered(), ["qemu-aarch64"]);
            assert.equal(await markOf("qemu-aarch64"), mark);
            assert.deepEqual(await claimed(), []);
        }),
    );

    it(
        "are all that the image has by default, and anew from another image",
        onHost(async (project) => {
            const image = `${project.unique}:qemu`;
            await docker(["tag", stockQemu, image]);
            try {
                await project.program(`new buildx.QemuEmulation("qemu");`);
                await project.up();
                const all = await registered();
                assert.ok(all.includes("qemu-aarch64") && all.includes("qemu-s390x"), String(all));
                assert.deepEqual((await project.state())[0]?.outputs.added, all);
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");

                await unregister("qemu-s390x");
                await project.refresh();
                const mark = await markOf("qemu-aarch64");
                await project.up();
                assert.deepEqual(await registered(), all);
                assert.equal(await markOf("qemu-aarch64"), mark);

                await project.program(`new buildx.QemuEmulation("qemu", { image: "${image}", platforms: ["arm64"] });`);
                await project.up();
                assert.deepEqual(await registered(), ["qemu-aarch64"]);
                assert.notEqual(await markOf("qemu-aarch64"), mark);
                await project.preview("--expect-no-changes");
            } finally {
                await project.destroy();
                await docker(["rmi", image]);
            }
        }),
    );

    it(
        "fail, and leave nothing, where they would go with the container that registers them",
        withoutEmulators(
            withProject(async (project) => {
                await unmountBinfmt();
                await project.program(emulation('["arm64"]'));
                const { code, output } = await project.try("up");
                if (await isKeptWithoutMount()) return assert.equal(code, 0, output); // older kernels
                assert.match(
                    output,
                    /qemu-aarch64 cannot stay registered .* binfmt_misc is not mounted on the host, .*\. Mount/,
                );
                assert.deepEqual(await claimed(), []);
                assert.deepEqual(await project.state(), []);
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

/** Linux 6.7 is the first that forgets them with the last mount of their file system. */
async function isKeptWithoutMount(): Promise<boolean> {
    const [major = 0, minor = 0] = (await must("uname", ["-r"])).split(".").map(Number);
    return major < 6 || (major === 6 && minor < 7);
}
