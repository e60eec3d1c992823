import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { checkout } from "../tests/support/project";
import { selectMeasurements } from "./arguments";
import { measurements } from "./measurements";
import { renderChart } from "./report/chart";
import { regressions } from "./report/compare";
import { readCommitted, saveResults, describeMachine, type Result, resultOf } from "./report/results";
import { renderScale } from "./report/scale";
import { table } from "./report/table";
import { withBench } from "./support/bench";
import { throwIfInterrupted } from "./support/interruption";

async function main(args: string[]): Promise<void> {
    const selected = selectMeasurements(args, measurements);
    const load = loadavg()[0] ?? 0;
    const rows = await withBench(async (bench) => {
        const done: Result[] = [];
        for (const each of selected) {
            console.error(`bench: ${each.what}`);
            try {
                done.push(resultOf(each, await each.run(bench)));
            } catch (error) {
                throwIfInterrupted();
                reportFailure(error); // the other rows may take minutes, so continue
            }
        }
        return done;
    });
    console.log(table(rows));
    console.log(`\nLoad average of the machine before the run: ${load.toFixed(2)}`);
    for (const line of regressions(rows, (await readCommitted())?.rows ?? [])) console.log(line);
    const names = measurements.map(({ name }) => name);
    const on = await describeMachine();
    const all = await saveResults(rows, names, on);
    await writeFile(join(checkout, "docs/bench.svg"), renderChart(all));
    await writeFile(join(checkout, "docs/scale.md"), renderScale(on, all));
}

function reportFailure(error: unknown): void {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode ??= 1;
}

// Connections to an engine that are kept alive would delay the end of the process.
void main(process.argv.slice(2))
    .catch(reportFailure)
    .finally(() => process.exit());
