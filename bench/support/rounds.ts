import { type Figures } from "../measurement";
import { throwIfInterrupted } from "./interruption";

/** One round. Returns the figure. It prepares and cleans up outside the measured time. */
export type Round = () => Promise<number>;

/** Returns the wall time of some work, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
    const start = performance.now();
    await work();
    return performance.now() - start;
}

export function median(figures: readonly number[]): number {
    const sorted = figures.toSorted((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Returns the medians of several measurements, by name. Rounds of all alternate, so that other load on the machine
 * affects all alike. The first round of each is not counted, because it loads programs and modules.
 */
export async function alternate<Name extends string>(
    rounds: number,
    measured: Readonly<Record<Name, Round>>,
): Promise<Record<Name, number>> {
    const all = Object.entries<Round>(measured);
    const each = all.map(([name, measure]) => [name, async () => ({ figure: await measure() })] as const);
    const medians = await alternateSteps(rounds, Object.fromEntries(each));
    return Object.fromEntries(all.map(([name]) => [name, medians[name]!.figure])) as Record<Name, number>;
}

/** Returns the same for rounds of several steps, each with its own figure. */
export async function alternateSteps<Name extends string, Step extends string>(
    rounds: number,
    measured: Readonly<Record<Name, () => Promise<Readonly<Record<Step, number>>>>>,
): Promise<Record<Name, Record<Step, number>>> {
    const all = Object.entries<() => Promise<Readonly<Record<Step, number>>>>(measured).map(([name, measure]) => ({
        name,
        measure,
        figures: [] as Readonly<Record<Step, number>>[],
    }));
    for (let round = 0; round <= rounds; round++) {
        for (const { measure, figures } of all) {
            throwIfInterrupted();
            figures.push(await measure());
        }
    }
    const medians = ([first, ...counted]: Readonly<Record<Step, number>>[]) => {
        const steps = Object.keys(first ?? {}) as Step[];
        return Object.fromEntries(steps.map((step) => [step, median(counted.map((figures) => figures[step]))]));
    };
    return Object.fromEntries(all.map(({ name, figures }) => [name, medians(figures)])) as Record<
        Name,
        Record<Step, number>
    >;
}

/** Returns the medians of two measurements whose rounds alternate. */
export const sideBySide = (rounds: number, ours: Round, beside: Round): Promise<Figures> =>
    alternate(rounds, { ours, beside });

/** Returns the medians of three measurements whose rounds alternate. */
export const besideLimit = (rounds: number, ours: Round, beside: Round, limit: Round): Promise<Figures> =>
    alternate(rounds, { ours, beside, limit });
