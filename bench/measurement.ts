/** A measurement as a value. The table, the chart and the comparison with older figures depend on it alone. */
import type { Bench } from "./support/bench";

/** The unit of a row: `ms` of wall time, `MB` (10^6 bytes), `KB` (10^3 bytes), percent, or empty for counts. */
export type Unit = "ms" | "MB" | "KB" | "%" | "";

export interface Measurement {
    /** The name that `--only` selects. */
    readonly name: string;
    readonly what: string;
    /** What it is compared with in the same run. */
    readonly beside?: string;
    /** Whether `beside` is this package in another form. The chart shows only comparisons with other programs. */
    readonly isBesideItself?: boolean;
    /** The limit: what the engine, the cluster or Node.js needs for the same result without this package. */
    readonly limit?: string;
    readonly unit: Unit;
    /** Absent if the figure is for information only. */
    readonly goal?: Goal;
    /** The largest ratio to the limit. */
    readonly mostOfLimit?: number;
    /** Returns why this machine cannot measure the row, as a sentence; `undefined` if it can. */
    readonly whyNot?: () => string | undefined;
    run(bench: Bench): Promise<Figures>;
}

/** The goal of a figure, or of its ratio to the compared figure. */
export interface Goal {
    readonly of: "ours" | "ratio";
    readonly most?: number;
    readonly least?: number;
}

/** The medians of a measurement. */
export interface Figures {
    readonly ours: number;
    readonly beside?: number;
    readonly limit?: number;
    /** Additional figures of the same unit that explain the figure, by description. */
    readonly more?: Readonly<Record<string, number>>;
}
