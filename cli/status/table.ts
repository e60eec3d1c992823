import { formatAge, formatHumanSize } from "../format/quantities";
import { shortPlatforms } from "../format/platforms";
import type { Screen, Style } from "../format/screen";
import { shortResource } from "../format/stack";
import { type Column, renderTable } from "../format/table";
import type { BuilderStatus, NodeStatus } from "./report";

/** One row: a builder with its only node, a builder with several nodes, or one of those nodes. */
interface Row {
    readonly name: string;
    readonly status: string;
    readonly builder: BuilderStatus | undefined;
    readonly node: NodeStatus | undefined;
}

const unknown = "-";

/** Returns what `status` prints for a person. */
export function renderStatus(builders: readonly BuilderStatus[], screen: Screen, now: Date): string {
    if (builders.length === 0) return "No builders with the docker-container driver.\n";
    const rows = builders.flatMap(rowsOf);
    const engines = new Set(builders.flatMap(({ nodes }) => nodes.map(({ endpoint }) => endpoint)));
    return renderTable(rows, columns(screen, now, engines.size > 1), screen.width) + errorLines(builders);
}

function rowsOf(builder: BuilderStatus): Row[] {
    const { nodes, status } = builder;
    const name = builder.isCurrent ? `${builder.name}*` : builder.name;
    if (nodes.length < 2) return [{ name, status, builder, node: nodes[0] }];
    return [
        { name, status, builder, node: undefined },
        ...nodes.map((node) => ({ name: ` └ ${node.name}`, status: node.status, builder: undefined, node })),
    ];
}

function columns({ paint }: Screen, now: Date, hasEngines: boolean): Column<Row>[] {
    const size = (bytes: number | undefined) => (bytes === undefined ? unknown : formatHumanSize(bytes));
    /** Returns a cell of a column that only nodes have. It is empty for a builder with several nodes. */
    const nodeCell = (format: (node: NodeStatus) => string) => (row: Row) =>
        row.node ? format(row.node) || unknown : row.builder?.nodes.length === 0 ? unknown : "";
    const lastUsed = ({ builder, node }: Row) => (builder ? builder.lastUsed : node?.lastUsed);
    const resource = ({ builder, node }: Row) => (builder ? builder.resource : node?.resource);
    return [
        { title: "NAME", cell: ({ name }) => name },
        { title: "STATUS", cell: ({ status }) => status, paint: (text, { status }) => paint(styleOf(status), text) },
        ...(hasEngines ? [{ title: "ENGINE", cell: nodeCell(({ endpoint }) => endpoint), shrinksTo: 16 }] : []),
        { title: "BUILDKIT", cell: nodeCell(({ buildkitVersion = "" }) => buildkitVersion), shrinksTo: 8 },
        { title: "PLATFORMS", cell: nodeCell(({ platforms }) => shortPlatforms(platforms)), shrinksTo: 16 },
        { title: "CACHE", cell: nodeCell(({ cache }) => size(cache?.total)), alignsRight: true },
        { title: "RECLAIMABLE", cell: nodeCell(({ cache }) => size(cache?.reclaimable)), alignsRight: true },
        {
            title: "LAST USED",
            cell: (row) => {
                const time = lastUsed(row);
                return time ? formatAge(time, now) : unknown;
            },
        },
        {
            title: "STACK",
            cell: (row) => {
                const creator = resource(row);
                return creator ? shortResource(creator) : unknown;
            },
            shrinksTo: 12,
        },
    ];
}

function styleOf(status: string): Style {
    if (status === "running") return "green";
    if (/unreachable|unreadable|restarting|silent/.test(status)) return "red";
    return status.endsWith(" driver") ? "dim" : "yellow";
}

/** Returns the errors, which do not fit into a table, each once. */
function errorLines(builders: readonly BuilderStatus[]): string {
    const all = builders.flatMap(({ trouble, nodes }) => [trouble, ...nodes.map((node) => node.trouble)]);
    const each = [...new Set(all)].filter((trouble) => trouble !== undefined);
    if (each.length === 0) return "";
    return `\n${each.map((trouble) => `${trouble}\n`).join("")}\nFind out how to fix this with: pulumi-buildx doctor\n`;
}
