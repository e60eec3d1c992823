import { appendFileSync } from "node:fs";
import mocha from "mocha";

/**
 * Extends mocha's report with a last line that a program can parse. If `TEST_COUNTS` names a file, the counts are
 * appended to it instead, and the caller prints the sum of several runs.
 */
module.exports = class Reporter extends mocha.reporters.Spec {
    constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
        super(runner, options);
        runner.once("end", () => {
            const { passes, failures, pending } = this.stats;
            const { TEST_COUNTS: file } = process.env;
            if (file !== undefined) return appendFileSync(file, `${passes} ${failures} ${pending}\n`);
            const skipped = pending > 0 ? `, ${pending} skipped` : "";
            console.log(`${passes} passed, ${failures} failed${skipped}`);
        });
    }
};
