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
    const all = Object.entries<Round>(measured).map(([name, measure]) => ({ name, measure, figures: [] as number[] }));
    for (let round = 0; round <= rounds; round++) {
        for (const { measure, figures } of all) {
            throwIfInterrupted();
            figures.push(await measure());
        }
    }
    return Object.fromEntries(all.map(({ name, figures }) => [name, median(figures.slice(1))])) as Record<Name, number>;
}

/** Returns the medians of two measurements whose rounds alternate. */
export const sideBySide = (rounds: number, ours: Round, beside: Round): Promise<Figures> =>
    alternate(rounds, { ours, beside });
