/** Renders parts of a page in Markdown. */

/** The first line of each generated page. */
export const generatedMark = "<!-- Generated from the public types and their docstrings. Run: npm run schema -->";

export const code = (text: string): string => `\`${text}\``;

/** Returns a table. Empty columns are omitted. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
    const kept = titles.map((_, column) => column).filter((column) => rows.some((row) => row[column]));
    const line = (cells: readonly string[]) => `| ${kept.map((column) => cell(cells[column] ?? "")).join(" | ")} |`;
    return [line(titles), `|${kept.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

const cell = (text: string): string => text.replace(/\n+/g, " ").replaceAll("|", "\\|");

/** Returns a page from its sections. */
export const page = (title: string, ...sections: readonly (string | undefined)[]): string =>
    `${[`# ${title}`, generatedMark, ...sections.filter((section) => section)].join("\n\n")}\n`;

/** Returns the anchor of a heading, as GitHub names it. */
export const anchor = (heading: string): string =>
    `#${heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-")}`;
