import { strict as assert } from "node:assert";
import {
    archiveIsGrowing,
    archivesIn,
    createBuilder,
    enlarge,
    exitOf,
    killAll,
    nothingIsLeft,
    pair,
    restoreIsGrowing,
    start,
    staysSmall,
} from "../support/copying";
import { docker, leftovers } from "../support/docker";
import { archive as archiveOf, resources, state } from "../support/program";
import { type Project, withProject } from "../support/project";
import { withStack } from "../support/stack";
import { containerOf, entriesOf, isRunning, restoredName, restoredVolume } from "../support/state";

/** A state and a builder that uses the state. */
const pairInJavaScript = `
    const state = new buildx.BuildKitState("cache", { builderName: unique });
    const builder = new buildx.BuildxBuilder("builder", { state });`;

const up = (project: Project) => start(project, "pulumi", "up", "--yes", "--skip-preview", "--non-interactive");

describe("a copy of a state in an up that is stopped", () => {
    it(
        "by Ctrl-C in pulumi up starts the builder again and leaves nothing, and the next up copies again",
        withProject(async (project) => {
            await project.program(pairInJavaScript);
            await project.up();
            await enlarge(project);
            const options = "{ dependsOn: [builder] }";
            await project.program(`${pairInJavaScript}
                new buildx.BuildKitStateArchive("archive", { state, to: "a.tar.zst" }, ${options});`);
            const stopped = up(project);
            await archiveIsGrowing(project);
            stopped.kill("SIGINT");
            await exitOf(stopped);
            await nothingIsLeft(project);
            await staysSmall(project, "node", project.up());
            assert.deepEqual(await archivesIn(project), ["a.tar.zst"]);
        }),
    );

    it(
        "because the copy process ended, Pulumi was cancelled or the plugin was killed fails, and the next up copies again",
        withStack(async (stack) => {
            await createBuilder(stack);
            const reason = /the copy process ended with SIGKILL/;
            const a = archiveOf({ state: "${cache}", to: { archive: "a.tar.zst" } }, { dependsOn: ["${b}"] });
            await stack.program(resources({ ...pair(stack), a }));
            const archiving = stack.failing("up");
            await archiveIsGrowing(stack);
            await killAll(stack, "copier");
            assert.match(await archiving, reason);
            assert.equal(await isRunning(containerOf(stack.unique)), true);
            assert.deepEqual(await leftovers(`${stack.unique}0_state_copy`), []);
            await stack.up();

            const restored = state({ builderName: restoredName(stack), restoreFrom: { archive: "a.tar.zst" } });
            await stack.program(resources({ ...pair(stack), restored }));
            const restoring = stack.failing("up");
            await restoreIsGrowing(stack);
            await killAll(stack, "copier");
            assert.match(await restoring, reason);
            assert.deepEqual(await leftovers(restoredVolume(stack)), []);

            const restoringAgain = stack.failing("up");
            await restoreIsGrowing(stack);
            await stack.cancel();
            assert.match(await restoringAgain, /stopped because Pulumi was cancelled/);
            assert.deepEqual(await leftovers(restoredVolume(stack)), []);
            await stack.restart();

            const held = stack.failing("up");
            await restoreIsGrowing(stack);
            const holder = `${stack.unique}-holder`;
            const image = "moby/buildkit:buildx-stable-1";
            await docker(["create", "--name", holder, "--volume", `${restoredVolume(stack)}:/state`, image]);
            await killAll(stack, "copier");
            assert.match(await held, new RegExp(`in use by container ${holder}`));
            await docker(["rm", "--volumes", holder]);
            await stack.preview();
            assert.deepEqual(stack.steps, { a: "delete", restored: "update" }); // a failed update deletes nothing
            await stack.up();
            await stack.preview("--expect-no-changes");

            await stack.program(resources(pair(stack)));
            await stack.up();
            assert.deepEqual(stack.steps, { restored: "delete" });
            await stack.program(resources({ ...pair(stack), restored }));
            const killed = stack.failing("up");
            await restoreIsGrowing(stack);
            for (const name of ["plugin/main.js", "copier"]) await killAll(stack, name);
            await killed;
            const left = await entriesOf(restoredVolume(stack));
            assert.deepEqual(
                left?.filter((name) => name !== ".restoring" && name !== "buildkitd.lock"),
                [],
            );
            await stack.restart();
            await staysSmall(stack, "node", stack.up());
            assert.ok((await entriesOf(restoredVolume(stack)))?.includes("big"));
            await stack.destroy();
            assert.deepEqual(await leftovers(stack.unique), []);
        }),
    );
});
