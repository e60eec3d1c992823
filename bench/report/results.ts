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
    readonly limitWhat?: string;
    readonly unit: Unit;
    readonly ratio?: number;
    readonly ratioToLimit?: number;
    readonly goal?: Goal;
    /** The largest ratio to the limit. */
    readonly mostOfLimit?: number;
    /** Absent if there is no goal. */
    readonly reached?: boolean;
    /** The share of the processors that other programs used, if it was too large for the figures to count. */
    readonly busy?: number;
}

export interface Results {
    /** The machine and the versions of the measured programs. */
    readonly on: Readonly<Record<string, string | number>>;
    /** How long the last run of all rows took, in seconds. */
    readonly took?: number;
    readonly rows: readonly Result[];
}

const path = "bench/results.json";

/** The largest share of the processors that other programs may use while a row is measured. */
export const mostBusy = 0.1;

/** Units of figures that depend on other programs. Memory does, because they delay the collection of garbage. */
const dependsOnLoad: readonly Unit[] = ["ms", "MB"];

/** @param share the share of the processors that other programs used; `undefined` if it is not known. */
export function resultOf(measurement: Measurement, figures: Figures, share?: number): Result {
    const { name, what, beside: besideWhat, isBesideItself, limit: limitWhat, unit, goal, mostOfLimit } = measurement;
    const { ours, beside, limit, more } = figures;
    const ratio = beside ? ours / beside : undefined;
    const ratioToLimit = limit ? ours / limit : undefined;
    const reached =
        isReached(goal, goal?.of === "ratio" ? ratio : ours) && isReached({ most: mostOfLimit }, ratioToLimit);
    return {
        name,
        what,
        ...(besideWhat !== undefined && { besideWhat }),
        ...(isBesideItself && { isBesideItself }),
        ...(limitWhat !== undefined && { limitWhat }),
        unit,
        ours: rounded(ours),
        ...(beside !== undefined && { beside: rounded(beside) }),
        ...(ratio !== undefined && { ratio: rounded(ratio) }),
        ...(limit !== undefined && { limit: rounded(limit) }),
        ...(ratioToLimit !== undefined && { ratioToLimit: rounded(ratioToLimit) }),
        ...(more && { more: Object.fromEntries(Object.entries(more).map(([key, value]) => [key, rounded(value)])) }),
        ...(goal && { goal, ...(mostOfLimit !== undefined && { mostOfLimit }), reached }),
        ...(share !== undefined && share > mostBusy && dependsOnLoad.includes(unit) && { busy: rounded(share) }),
    };
}

/** Whether a figure reaches a goal. A figure that was not measured does not. */
function isReached(
    goal: { most?: number | undefined; least?: number | undefined } = {},
    figure: number | undefined,
): boolean {
    const { most, least } = goal;
    if (most === undefined && least === undefined) return true;
    return figure !== undefined && figure <= (most ?? Infinity) && figure >= (least ?? -Infinity);
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
 * Saves rows and returns all results. A new row replaces an older row of the same name, but a row that does not count
 * replaces no row that counts. The other rows stay as they were.
 *
 * @param took how long the run took, in seconds, if it was a run of all rows.
 */
export async function saveResults(
    rows: readonly Result[],
    order: readonly string[],
    on: Results["on"],
    took: number | undefined,
): Promise<Results> {
    const file = join(checkout, path);
    const older = await readFile(file, "utf8").then(
        (text) => JSON.parse(text) as Results,
        (): Results => ({ on, rows: [] }),
    );
    const duration = took ?? older.took;
    const all = { on, ...(duration !== undefined && { took: duration }), rows: merged(rows, older.rows, order) };
    await writeFile(file, `${JSON.stringify(all satisfies Results, null, 4)}\n`);
    return all;
}

/** @param order the names of all rows. */
export function merged(rows: readonly Result[], older: readonly Result[], order: readonly string[]): readonly Result[] {
    return order.flatMap((name) => {
        const [now, before] = [rows, older].map((all) => all.find((row) => row.name === name));
        if (now?.busy !== undefined && before !== undefined && before.busy === undefined) return before;
        return now ?? before ?? [];
    });
}
