import { glob } from "node:fs/promises";
import { checkout } from "../support/project";
import { must } from "../support/run";

describe("the workflows of GitHub Actions", () => {
    it("are valid, in this repository and in the examples", async () => {
        const files: string[] = [];
        for await (const file of glob("{.,examples/*}/.github/workflows/*.yml", { cwd: checkout })) files.push(file);
        if (files.length < 3) throw new Error(`workflows are missing: ${files.join()}`);
        await must("actionlint", ["-shellcheck=", "-pyflakes=", ...files], { cwd: checkout });
    });
});
