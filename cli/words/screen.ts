import { styleText } from "node:util";

/** Where the text goes, and what it may look like there. */
export interface Screen {
    /** In characters; `Infinity` where nobody looks at it. */
    readonly width: number;
    readonly paint: (style: Style, text: string) => string;
}

export type Style = "green" | "yellow" | "red" | "dim" | "bold";

/** Colours only for a terminal, and none where `NO_COLOR` is set (no-color.org). */
export function screenOf({ isTTY, columns }: { isTTY?: boolean; columns?: number }, env = process.env): Screen {
    const isColoured = isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
    return {
        width: isTTY === true && columns ? columns : Infinity,
        paint: (style, text) => (isColoured ? styleText(style, text, { validateStream: false }) : text),
    };
}
