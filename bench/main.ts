import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkout } from "../tests/support/project";
import { selectMeasurements } from "./arguments";
import { measurements } from "./measurements";
import { renderChart } from "./report/chart";
import { regressions } from "./report/compare";
import { formatTime } from "./report/format";
import { readCommitted, saveResults, describeMachine, type Result, resultOf } from "./report/results";
import { renderPerformance } from "./report/performance";
import { table } from "./report/table";
import { withBench } from "./support/bench";
import { throwIfInterrupted } from "./support/interruption";

async function main(args: string[]): Promise<void> {
    const selected = selectMeasurements(args, measurements);
    const start = performance.now();
    const rows = await withBench(async (bench) => {
        const done: Result[] = [];
        for (const each of selected) {
            const reason = each.whyNot?.();
            if (reason !== undefined) {
                console.error(`bench: skipped: ${each.what}. ${reason}`);
                continue;
            }
            console.error(`bench: ${each.what}`);
            try {
                const { result, share } = await bench.measuring(() => each.run(bench));
                done.push(resultOf(each, result, share));
            } catch (error) {
                throwIfInterrupted();
                reportFailure(error); // the other rows may take minutes, so continue
            }
        }
        return done;
    });
    const took = (performance.now() - start) / 1000;
    console.log(table(rows));
    console.log(`\nThe run took ${formatTime(took * 1000)}.`);
    for (const line of regressions(rows, (await readCommitted())?.rows ?? [])) console.log(line);
    const names = measurements.map(({ name }) => name);
    const isComplete = selected.length === measurements.length;
    const all = await saveResults(rows, names, await describeMachine(), isComplete ? Math.round(took) : undefined);
    await writeFile(join(checkout, "docs/bench.svg"), renderChart(all.rows));
    await writeFile(join(checkout, "docs/performance.md"), renderPerformance(all));
}

function reportFailure(error: unknown): void {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode ??= 1;
}

// Connections to an engine that are kept alive would delay the end of the process.
void main(process.argv.slice(2))
    .catch(reportFailure)
    .finally(() => process.exit());
