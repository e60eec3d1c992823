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
 * Returns the medians of two measurements. Rounds of both alternate, so that other load on the machine affects both
 * alike. The first round of each is not counted, because it loads programs and modules.
 */
export async function sideBySide(rounds: number, ours: Round, beside: Round): Promise<Figures> {
    const figures = { ours: [] as number[], beside: [] as number[] };
    for (let round = 0; round <= rounds; round++) {
        throwIfInterrupted();
        const [one, other] = [await ours(), await beside()];
        if (round === 0) continue;
        figures.ours.push(one);
        figures.beside.push(other);
    }
    return { ours: median(figures.ours), beside: median(figures.beside) };
}
