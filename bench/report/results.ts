import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { checkout } from "../../tests/support/project";
import { must, run } from "../../tests/support/run";
import type { Figures, Goal, Measurement, Unit } from "../measurement";

/** One row, as it is saved. */
export interface Result extends Figures {
    readonly name: string;
    readonly what: string;
    readonly besideWhat?: string;
    readonly isBesideItself?: boolean;
    readonly unit: Unit;
    readonly ratio?: number;
    readonly goal: Goal;
    readonly reached: boolean;
}

export interface Results {
    /** The machine and the versions of the measured programs. */
    readonly on: Readonly<Record<string, string | number>>;
    readonly rows: readonly Result[];
}

const path = "bench/results.json";

export function resultOf(measurement: Measurement, figures: Figures): Result {
    const { name, what, beside: besideWhat, isBesideItself, unit, goal } = measurement;
    const { ours, beside, more } = figures;
    const ratio = beside ? ours / beside : undefined;
    const figure = (goal.of === "ratio" ? ratio : ours) ?? Number.NaN;
    const reached = figure <= (goal.most ?? Infinity) && figure >= (goal.least ?? -Infinity);
    return {
        name,
        what,
        ...(besideWhat !== undefined && { besideWhat }),
        ...(isBesideItself && { isBesideItself }),
        unit,
        ours: rounded(ours),
        ...(beside !== undefined && { beside: rounded(beside) }),
        ...(ratio !== undefined && { ratio: rounded(ratio) }),
        ...(more && { more: Object.fromEntries(Object.entries(more).map(([key, value]) => [key, rounded(value)])) }),
        goal,
        reached,
    };
}

const rounded = (value: number): number => Number(value.toPrecision(3));

export async function describeMachine(): Promise<Results["on"]> {
    const [engine, buildx, pulumi] = await Promise.all([
        must("docker", ["version", "--format", "{{.Server.Version}}"]),
        must("docker", ["buildx", "version"]),
        must("pulumi", ["version"]),
    ]);
    return {
        processors: cpus().length,
        node: process.version,
        engine: engine.trim(),
        buildx: buildx.split(" ")[1] ?? "",
        pulumi: pulumi.trim(),
    };
}

/** Returns the figures of the last commit; `undefined` if it has none. */
export async function readCommitted(): Promise<Results | undefined> {
    const { code, stdout } = await run("git", ["show", `HEAD:${path}`], { cwd: checkout });
    return code === 0 ? (JSON.parse(stdout) as Results) : undefined;
}

/**
 * Saves rows and returns all rows. A new row replaces an older row of the same name; the other rows stay as they were.
 */
export async function saveResults(
    rows: readonly Result[],
    order: readonly string[],
    on: Results["on"],
): Promise<readonly Result[]> {
    const file = join(checkout, path);
    const older = await readFile(file, "utf8").then(
        (text) => (JSON.parse(text) as Results).rows,
        () => [],
    );
    const all = order.flatMap((name) => [...rows, ...older].find((row) => row.name === name) ?? []);
    await writeFile(file, `${JSON.stringify({ on, rows: all } satisfies Results, null, 4)}\n`);
    return all;
}
