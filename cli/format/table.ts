/** A column of a table for people. */
export interface Column<Row> {
    readonly title: string;
    readonly cell: (row: Row) => string;
    /** The smallest width, in characters, that the cell may be cut to if the table is too wide. */
    readonly shrinksTo?: number;
    readonly alignsRight?: boolean;
    /** Applied to the padded cell, so that control characters do not count as width. */
    readonly paint?: (text: string, row: Row) => string;
}

const gap = "  ";

/**
 * Returns a table as text.
 *
 * @param width the width of the terminal; `Infinity` cuts nothing.
 */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number): string {
    const cells = rows.map((row) => columns.map((column) => column.cell(row)));
    const widths = columns.map(({ title }, at) =>
        Math.max(title.length, ...cells.map((each) => each[at]?.length ?? 0)),
    );
    let excess = widths.reduce((all, each) => all + each + gap.length, -gap.length) - width;
    for (const [at, { shrinksTo }] of columns.entries()) {
        const own = widths[at] as number;
        if (excess <= 0 || shrinksTo === undefined || own <= shrinksTo) continue;
        widths[at] = Math.max(own - excess, shrinksTo);
        excess -= own - widths[at];
    }
    const line = (texts: readonly string[], row?: Row) =>
        columns
            .map(({ alignsRight, paint }, at) => {
                const length = widths[at] as number;
                const text = cut(texts[at] ?? "", length);
                // The last cell of a line is not padded, so that copied lines have no trailing spaces.
                const padded = alignsRight
                    ? text.padStart(length)
                    : at === columns.length - 1
                      ? text
                      : text.padEnd(length);
                return row !== undefined && paint ? paint(padded, row) : padded;
            })
            .join(gap)
            .trimEnd();
    const head = line(columns.map(({ title }) => title));
    return [head, ...cells.map((texts, at) => line(texts, rows[at]))].map((each) => `${each}\n`).join("");
}

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
