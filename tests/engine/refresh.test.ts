import { strict as assert } from "node:assert";
import { docker } from "../support/docker";
import { withProject } from "../support/project";

/** In which containers a process was started during some work, one entry for each of them. */
async function execsDuring(unique: string, work: () => Promise<unknown>): Promise<string[]> {
    const since = (Date.now() / 1000).toFixed(3);
    await work();
    const until = (Date.now() / 1000).toFixed(3);
    const filters = ["--filter", "event=exec_create", "--format", "{{.Actor.Attributes.name}}"];
    const events = await docker(["events", "--since", since, "--until", until, ...filters]);
    return events.split("\n").filter((name) => name.includes(unique));
}

describe("a refresh", () => {
    it(
        "asks one buildkitd for all that are alike, and one that was started again or is made otherwise by itself",
        withProject(async (project) => {
            const { unique } = project;
            const names = ["a", "b", "c", "d"].map((each) => `${unique}-${each}-`);
            const container = (name = "") => `buildx_buildkit_${name}0`;
            const other = `${unique}-other-`;
            await project.program(`
                for (const name of ${JSON.stringify(names)}) new buildx.BuildxBuilder(name, { name });
                new buildx.BuildxBuilder("other", { name: "${other}", driverOpts: { env: { OTHER: "1" } } });`);
            await project.up();
            const quiet = () => execsDuring(unique, () => project.refresh("--expect-no-changes"));

            const asked = await quiet();
            assert.equal(asked.length, 2, `asked: ${asked.join(", ")}`);
            assert.ok(asked.includes(container(other)));

            await docker(["restart", container(names[0]), container(names[1])]);
            const again = await quiet();
            for (const name of [...names.slice(0, 2), other]) assert.ok(again.includes(container(name)), name);
            assert.ok(again.length <= 4, `asked: ${again.join(", ")}`);
        }),
    );
});
