import { appendFileSync } from "node:fs";
import mocha from "mocha";

/**
 * mocha's own report, and at its end one line that a machine can read. Where a run is one of several, the numbers go into
 * the file that `TEST_COUNTS` names, and the line is left to who adds them up.
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
