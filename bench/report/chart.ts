/** Draws the ratios as one picture, in the colors of the other picture in the README. */
import type { Result } from "./results";
import { formatFigure } from "./format";

const width = 860;
const left = 24;
/** The x position at which the bar of the compared figure ends. The package's own bar may be longer. */
const full = 470;
const longest = 1.3;
const numbers = 636;
const rowHeight = 76;
const top = 74;

const style = `
    text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-size: 13px; fill: #24292f; }
    .title { font-weight: 600; font-size: 15px; }
    .small { font-size: 11px; fill: #57606a; }
    .beside { fill: #eaeef2; }
    .ours { fill: #0969da; }
    .number { font-weight: 600; font-size: 14px; fill: #0969da; }
    .goal { stroke: #1a7f37; stroke-width: 2; }
    .limit { stroke: #bc4c00; stroke-width: 2; stroke-dasharray: 3 2; }
    .orange { font-size: 11px; fill: #bc4c00; }
    .green { font-size: 11px; fill: #1a7f37; }`;

/** Returns the rows whose goal is a ratio to another program, each as a bar on top of the bar of the compared figure. */
export function renderChart(results: readonly Result[]): string {
    const rows = results.filter(
        ({ goal, ratio, isBesideItself }) => goal?.of === "ratio" && ratio !== undefined && !isBesideItself,
    );
    const height = top + rows.length * rowHeight + 14;
    const description = rows.map((row) => {
        const limit = limitShare(row);
        const ofLimit = limit === undefined ? "" : `, with ${formatFigure(limit, "")} as the limit`;
        return `${row.what}: ${formatFigure(row.ratio ?? 0, "")} of ${row.besideWhat}${ofLimit}`;
    });
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
  <title id="title">Time compared with the commands that it replaces</title>
  <desc id="desc">${escaped(description.join("; "))}.</desc>
  <style>${style}
  </style>
  <rect width="${width}" height="${height}" fill="#ffffff"/>
  <text class="title" x="${left}" y="32">Time compared with the commands that it replaces</text>
  <text class="small" x="${left}" y="52">grey: the other commands, as 1 · blue: this package · green: the goal · orange: the limit, the API alone · shorter is better</text>
${rows.map(bar).join("\n")}
</svg>
`;
}

/** Returns the limit as a share of the compared figure; `undefined` if there is none. */
const limitShare = ({ limit, beside }: Result): number | undefined => (limit && beside ? limit / beside : undefined);

function bar(row: Result, index: number): string {
    const { what, besideWhat = "", ratio = 0, goal, busy } = row;
    const limit = limitShare(row);
    const y = top + index * rowHeight;
    const at = (share: number) => left + share * (full - left);
    const length = (share: number) => (Math.min(share, longest) * (full - left)).toFixed(1);
    const mark = at(goal?.most ?? 1).toFixed(1);
    const limitMark = at(limit ?? 0).toFixed(1);
    const ofLimit =
        limit === undefined
            ? ""
            : `
    <line class="limit" x1="${limitMark}" y1="${y + 33}" x2="${limitMark}" y2="${y + 59}"/>
    <text class="orange" x="${numbers + 150}" y="${y + 51}">limit ${formatFigure(limit, "")}</text>`;
    return `  <g>
    <text x="${left}" y="${y + 12}">${escaped(what)}</text>
    <text class="small" x="${left}" y="${y + 28}">compared with ${escaped(besideWhat)}${busy === undefined ? "" : ", on a busy machine"}</text>
    <rect class="beside" x="${left}" y="${y + 36}" width="${length(1)}" height="20" rx="3"/>
    <rect class="ours" x="${left}" y="${y + 39}" width="${length(ratio)}" height="14" rx="2"/>
    <line class="goal" x1="${mark}" y1="${y + 33}" x2="${mark}" y2="${y + 59}"/>
    <text class="number" x="${numbers}" y="${y + 51}">${formatFigure(ratio, "")}</text>
    <text class="green" x="${numbers + 50}" y="${y + 51}">goal ${formatFigure(goal?.most ?? 1, "")} or less</text>${ofLimit}
  </g>`;
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
