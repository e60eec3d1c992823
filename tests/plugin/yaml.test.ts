/** What Pulumi does with a program in YAML. `lives.test.ts` has the life of each resource without Pulumi's CLI. */
import { strict as assert } from "node:assert";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { withYamlProject } from "../support/languages";
import { archive, builder, emulation, prune, resources, state } from "../support/program";
import type { Project } from "../support/project";
import { must } from "../support/run";
import { containerOf, volumeOf } from "../support/state";

/** A state, a builder with this state, and outputs of both. */
const stateAndBuilder = (builderName: string, args: object = {}) =>
    resources(
        { cache: state({ builderName }), builder: builder({ state: "${cache}", ...args }) },
        { name: "${builder.name}", status: "${builder.status}", volumeName: "${cache.volumeName}" },
    );

/** All resources. */
const everything = ({ unique, folder }: Project, trigger: number, driverOpts: object) => {
    const pair = stateAndBuilder(unique, { driverOpts, requirePlatforms: ["linux/amd64"] });
    const triggers = [trigger];
    const to = { archive: join(folder, "copy.tar.zst") };
    return resources(
        {
            ...pair.resources,
            qemu: emulation({ platforms: ["linux/amd64"] }),
            prune: prune({ builderName: "${builder.name}", triggers }),
            copy: archive({ state: "${cache}", to, triggers }, { dependsOn: ["${prune}"] }),
        },
        { ...pair.outputs, added: "${qemu.added}", reclaimed: "${prune.reclaimed}", sha256: "${copy.sha256}" },
    );
};

describe("a program in YAML", () => {
    it(
        "with all resources is created, changed, refreshed, replaced and removed by Pulumi",
        withYamlProject(async (project) => {
            const { unique, folder } = project;
            const path = join(folder, "copy.tar.zst");
            const container = () => inspectContainer(containerOf(unique));
            await project.program(everything(project, 1, { memory: "512m" }));
            const { output: planned } = await project.preview();
            assert.match(planned, /^ +name *: \[unknown\]$/m);
            assert.match(planned, /\+ 6 to create/);
            assert.deepEqual(await leftovers(unique), []);

            await project.up();
            const { sha256, reclaimed, ...outputs } = await project.outputs();
            const volumeName = volumeOf(unique);
            assert.deepEqual(outputs, { name: unique, status: "running", volumeName, added: [] });
            assert.match(String(sha256), /^[0-9a-f]{64}$/);
            assert.equal(typeof reclaimed, "number");
            const [created, volume] = await Promise.all([container(), inspectVolume(volumeName)]);
            assert.equal(created?.HostConfig.Memory, 512 * 1024 * 1024);
            assert.equal(
                created?.Config.Labels["io.github.pulumi-buildx.urn"],
                project.urn("BuildxBuilder", "builder"),
            );
            assert.match(await project.buildx("ls"), new RegExp(`${unique}0 .*running`));
            await project.refresh("--expect-no-changes");

            // in place
            await project.program(everything(project, 2, { memory: "768m" }));
            const { output: difference } = await project.preview("--diff");
            assert.match(difference, /~ buildx:index:BuildxBuilder: \(update\)/);
            assert.match(difference, /~ memory *: "512m" => "768m"/);
            assert.match(difference, /~ buildx:index:BuildKitPrune: \(update\)[\s\S]*~ triggers/);
            assert.match(difference, /~ buildx:index:BuildKitStateArchive: \(update\)[\s\S]*~ triggers/);
            assert.match(difference, /3 to update\n +3 unchanged/);
            assert.equal((await container())?.HostConfig.Memory, 512 * 1024 * 1024);
            await project.up();
            assert.equal((await container())?.HostConfig.Memory, 768 * 1024 * 1024);
            assert.equal((await container())?.Id, created?.Id);

            // with a new container, after something happened to it and to the archive
            await must("rm", [path]);
            await docker(["stop", containerOf(unique)]);
            const { output: refreshed } = await project.refresh("--diff");
            assert.match(refreshed, /- buildx:index:BuildKitStateArchive: \(delete\)/);
            assert.match(refreshed, /~ status: "running" => "stopped"/);
            assert.match(refreshed, /the container is not running/);
            const saved = (await project.state()).find(({ type }) => type === "buildx:index:BuildxBuilder");
            assert.equal(saved?.outputs.status, "stopped");
            await project.program(everything(project, 2, { memory: "768m", env: { A: "1" } }));
            await project.up();
            const recreated = await container();
            assert.notEqual(recreated?.Id, created?.Id);
            assert.equal(recreated?.State.Running, true);
            assert.ok(recreated?.Config.Env.includes("A=1"), String(recreated?.Config.Env));
            assert.deepEqual(await inspectVolume(volumeName), volume); // with the time of its creation
            assert.ok((await stat(path)).size > 0);
            assert.equal((await project.outputs()).status, "running");
            await project.preview("--expect-no-changes");

            const other = `${unique}-b`;
            await project.program(stateAndBuilder(other));
            const { output: replacement } = await project.up("--diff");
            assert.match(replacement, /\+-buildx:index:BuildKitState: \(replace\)/);
            assert.match(replacement, new RegExp(`~ builderName: "${unique}" => "${other}"`));
            assert.match(replacement, /\+-buildx:index:BuildxBuilder: \(replace\)/);
            assert.deepEqual(await project.records(), [other]);
            assert.deepEqual(await leftovers(unique), [containerOf(other), volumeOf(other)]);

            await project.destroy();
            assert.deepEqual([await leftovers(unique), await project.records(), await project.state()], [[], [], []]);
        }),
    );

    it(
        "that is not valid is reported by its argument, and a creation that fails leaves nothing",
        withYamlProject(async (project) => {
            const { unique } = project;
            await project.program(stateAndBuilder(unique, { driverOpts: { memory: "lots" } }));
            assert.match(await project.failing("preview"), /driverOpts\.memory.*"lots" is not a valid size/);

            await project.program(stateAndBuilder(unique, { buildkitdFlags: ["--no-such-flag"] }));
            const output = await project.failing("up");
            assert.match(output, /Last lines of buildkitd's log:[\s\S]*not defined: -+no-such-flag/);
            assert.deepEqual(await leftovers(unique), [volumeOf(unique)]);
            assert.deepEqual(await project.records(), []);
            assert.deepEqual(
                (await project.state()).map(({ type }) => type),
                ["buildx:index:BuildKitState"],
            );
        }),
    );
});
