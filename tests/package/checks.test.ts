import { strict as assert } from "node:assert";
import { checkout } from "../support/project";
import { must, run } from "../support/run";

const passes =
    (program: string, ...args: string[]) =>
    async () => {
        const { code, output } = await run(program, args, { cwd: checkout });
        assert.equal(code, 0, output);
    };

describe("the checkout", () => {
    it("is formatted", passes("prettier", "--check", "."));

    it("is linted and has no type errors, tests and examples included", passes("oxlint"));

    it("names no registry's host in its lockfile", async () => {
        const lock = await must("git", ["show", ":package-lock.json"], { cwd: checkout });
        assert.doesNotMatch(lock, /"resolved": "https?:/);
    });
});
