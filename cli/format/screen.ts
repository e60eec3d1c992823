import { styleText } from "node:util";

/** The width and the styles of the output. */
export interface Screen {
    /** In characters; `Infinity` if the output is not a terminal. */
    readonly width: number;
    readonly paint: (style: Style, text: string) => string;
}

export type Style = "green" | "yellow" | "red" | "dim" | "bold";

/** Returns the screen of a stream. Colors are used only on a terminal, and not if `NO_COLOR` is set (no-color.org). */
export function screenOf({ isTTY, columns }: { isTTY?: boolean; columns?: number }, env = process.env): Screen {
    const isColoured = isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
    return {
        width: isTTY === true && columns ? columns : Infinity,
        paint: (style, text) => (isColoured ? styleText(style, text, { validateStream: false }) : text),
    };
}
