import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { checkout } from "../tests/support/project";
import { chosen } from "./arguments";
import { measurements } from "./measurements";
import { chart } from "./report/chart";
import { worse } from "./report/compare";
import { committed, keep, machine, type Result, resultOf } from "./report/results";
import { scale } from "./report/scale";
import { table } from "./report/table";
import { withBench } from "./support/bench";
import { throwIfInterrupted } from "./support/interruption";

async function main(args: string[]): Promise<void> {
    const wanted = chosen(args, measurements);
    const load = loadavg()[0] ?? 0;
    const rows = await withBench(async (bench) => {
        const done: Result[] = [];
        for (const each of wanted) {
            console.error(`bench: ${each.what}`);
            try {
                done.push(resultOf(each, await each.run(bench)));
            } catch (error) {
                throwIfInterrupted();
                tellFailure(error); // the other rows may be minutes of work
            }
        }
        return done;
    });
    console.log(table(rows));
    console.log(`\nThe load of the machine was ${load.toFixed(2)} before.`);
    for (const line of worse(rows, (await committed())?.rows ?? [])) console.log(line);
    const names = measurements.map(({ name }) => name);
    const on = await machine();
    const all = await keep(rows, names, on);
    await writeFile(join(checkout, "docs/bench.svg"), chart(all));
    await writeFile(join(checkout, "docs/scale.md"), scale(on, all));
}

function tellFailure(error: unknown): void {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode ??= 1;
}

main(process.argv.slice(2)).catch(tellFailure);
