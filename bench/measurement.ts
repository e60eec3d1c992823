/** What is measured, as a value: the table, the chart and the comparison with older figures are made from it alone. */
import type { Bench } from "./support/bench";

/** Of the figures of one row: `ms` of wall time, 10^6 bytes, 10^3 bytes, percent, or none where things are counted. */
export type Unit = "ms" | "MB" | "KB" | "%" | "";

export interface Measurement {
    /** By which `--only` chooses it. */
    readonly name: string;
    readonly what: string;
    /** What it is measured beside, in the same run. */
    readonly beside?: string;
    readonly unit: Unit;
    readonly goal: Goal;
    run(bench: Bench): Promise<Figures>;
}

/** What a figure, or its ratio to the one beside it, is to be. */
export interface Goal {
    readonly of: "ours" | "ratio";
    readonly most?: number;
    readonly least?: number;
}

/** Medians. */
export interface Figures {
    readonly ours: number;
    readonly beside?: number;
    /** More of the same unit that tells how the figure came to be, by what it is. */
    readonly more?: Readonly<Record<string, number>>;
}
