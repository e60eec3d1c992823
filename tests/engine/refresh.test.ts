import { strict as assert } from "node:assert";
import { docker } from "../support/docker";
import { builder, resources } from "../support/program";
import { withStack } from "../support/stack";
import { containerOf } from "../support/state";

/** Returns the containers in which a process was started during some work, one entry for each process. */
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
        "queries one buildkitd of several equal ones, and each one that restarted or has other options",
        withStack(async (stack) => {
            const { unique } = stack;
            const equal = ["a", "b", "c", "d"].map((each) => `${unique}-${each}-`);
            const other = `${unique}-other-`;
            await stack.program(
                resources({
                    ...Object.fromEntries(equal.map((name) => [name, builder({ name })])),
                    other: builder({ name: other, driverOpts: { env: { OTHER: "1" } } }),
                }),
            );
            await stack.up();
            const queried = async () => {
                await stack.restart(); // Pulumi starts the plugin for each refresh
                return execsDuring(unique, () => stack.refresh("--expect-no-changes"));
            };

            const once = await queried();
            assert.equal(once.length, 2, `queried: ${once.join(", ")}`);
            assert.ok(once.includes(containerOf(other)));

            const restarted = equal.slice(0, 2);
            await docker(["restart", ...restarted.map(containerOf)]);
            const again = await queried();
            for (const name of [...restarted, other]) assert.ok(again.includes(containerOf(name)), name);
            assert.ok(again.length <= 4, `queried: ${again.join(", ")}`);
        }),
    );
});
