import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspectContainer, leftovers } from "../support/docker";
import { runWithMocks } from "../support/mocks";
import { checkout, type Project, withProject } from "../support/project";

const example = "examples/custom-network/index.ts";

describe("the custom-network example", () => {
    it("puts the builder on the network that it makes, with Pulumi's own mocks", async () => {
        const { resources, outputs } = await runWithMocks(example, {
            "docker:index/network:Network": { name: "builds-0123456" },
            "pulumi-nodejs:dynamic/buildx:BuildxBuilder": { name: "builder-0123456" },
        });
        const builder = resources.find(({ type }) => type.endsWith(":BuildxBuilder"));
        assert.deepEqual(builder?.inputs.driverOpts, { network: "builds-0123456" });
        assert.deepEqual(outputs, { name: "builder-0123456", networkName: "builds-0123456" });
    });

    it(
        "does so in earnest wherever the plugin of @pulumi/docker can be had",
        withProject(async (project) => {
            if (!(await hasPlugin())) return; // the same with a network resource of the test's own: networks.test.ts
            await asTypeScript(project, await readFile(join(checkout, example), "utf8"));
            await project.up();
            const { name, networkName } = await project.outputs<Record<string, string>>();
            const container = await inspectContainer(`buildx_buildkit_${name}0`);
            assert.equal(container?.HostConfig.NetworkMode, networkName);
            await project.refresh("--expect-no-changes");
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );
});

/** The program, with the test's own name for what it calls `builder`. */
async function asTypeScript(project: Project, program: string): Promise<void> {
    await writeFile(join(project.folder, "index.ts"), program.replace('"builder"', `"${project.unique}"`));
    await writeFile(join(project.folder, "Pulumi.yaml"), `name: ${project.unique}\nruntime: nodejs\nmain: index.ts\n`);
    const compilerOptions = { module: "commonjs", target: "es2022", strict: true, skipLibCheck: true };
    await writeFile(join(project.folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
}

/** Asked here first, since Pulumi tries for long where it cannot. */
async function hasPlugin(): Promise<boolean> {
    const { version } = JSON.parse(
        await readFile(join(checkout, "node_modules/@pulumi/docker/package.json"), "utf8"),
    ) as { version: string };
    const { platform, arch } = process;
    const plugin = `pulumi-resource-docker-v${version}-${platform}-${arch === "x64" ? "amd64" : arch}.tar.gz`;
    const options = { method: "HEAD", signal: AbortSignal.timeout(5000) };
    return fetch(`https://get.pulumi.com/releases/plugins/${plugin}`, options).then(
        ({ ok }) => ok,
        () => false,
    );
}
