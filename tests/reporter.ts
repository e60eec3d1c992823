import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import mocha from "mocha";

/** The number of files that the report names as the slowest. */
const slowestFiles = 15;

/**
 * Extends mocha's report with the slowest files, and with a last line that a program can parse. If `TEST_COUNTS` names
 * a file, the counts are appended to it instead, and the caller prints the sum of several runs.
 */
module.exports = class Reporter extends mocha.reporters.Spec {
    /** Time of the tests and hooks of each file, in milliseconds. */
    private readonly times = new Map<string, number>();

    constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
        super(runner, options);
        runner.on("test end", (test) => this.add(test));
        runner.on("hook end", (hook) => this.add(hook));
        runner.once("end", () => {
            if (this.times.size > 1) this.printSlowest();
            const { passes, failures, pending } = this.stats;
            const { TEST_COUNTS: file } = process.env;
            if (file !== undefined) return appendFileSync(file, `${passes} ${failures} ${pending}\n`);
            const skipped = pending > 0 ? `, ${pending} skipped` : "";
            console.log(`${passes} passed, ${failures} failed${skipped}`);
        });
    }

    private add({ file, duration = 0 }: Mocha.Runnable): void {
        if (file !== undefined) this.times.set(file, (this.times.get(file) ?? 0) + duration);
    }

    private printSlowest(): void {
        const slowest = [...this.times].sort(([, left], [, right]) => right - left).slice(0, slowestFiles);
        console.log(`The slowest files:`);
        for (const [file, time] of slowest)
            console.log(`  ${String(Math.round(time / 1000)).padStart(4)} s  ${relative("", file)}`);
        console.log();
    }
};
