/** Writes the page for users, so that it always agrees with the figures. */
import { formatBytes, formatShare, formatTime } from "./format";
import type { Result, Results } from "./results";

const sizes = [1, 10, 100, 1000] as const;

/** Returns the row with a name; `undefined` if it was not measured. */
type Find = (name: string) => Result | undefined;

/** Returns a page in Markdown. A figure that was not measured is a dash. */
export function renderPerformance({ on, took, rows }: Results): string {
    const find: Find = (name) => rows.find((row) => row.name === name);
    return `# Performance

Times depend on the machine. \`npm run bench\` writes this page. It measures this package beside Docker Buildx in the same run.

${machine(on, took)}

## What a builder costs

${table(["", "Docker Buildx", "dynamic provider", "plugin", "limit"], oneBuilder(find))}

The *limit* is what the engine or the cluster needs for the same result if a program only calls its API.

A change of a memory limit updates the running container, and builds continue. Buildx has to remove the builder and create it again,
which ends its builds.

![Each row of the benchmark, as its ratio to what it is compared with](bench.svg)

## What a stack of 1 to 1,000 builders costs

${table(["", "1", "10", "100", "1,000"], stacks(find))}

Times of \`pulumi up\` are in addition to an empty program, and the time of \`pulumi up\` for 1,000 builders is an estimate: ${upEstimate(find("up"))}
All other figures of 1,000 builders are measured.

${sentences(find).join("\n")}

These do not grow with the number of builders:

- the number of processes: Pulumi starts one provider process and stops it when it exits
- the number of connections to an engine: it depends on how many builders are processed in parallel; the next builders
  use the same connections
- the time and memory to load the package, once into the program and once into the provider process
- the number of requests that a preview sends to engines: none
- the objects that are read for one builder: its own record, container, volume, image and network, but no list of all

## What limits \`pulumi up\`

A builder is ready when its buildkitd responds. Starting the container and buildkitd takes most of that time, and the processors of the
engine's host limit how many builders start at once. More engines help if they have their own processors.

## What a builder costs when it is idle

One container with buildkitd, and its volume. Without \`gc\`, BuildKit limits the cache by itself, relative to
the size of the disk. See [cache size](guides/cache-size.md).

## How it was measured

- A figure is a median. The rounds of all programs in a row alternate, so that other load on the machine affects all alike.
  Stacks of 1,000 builders, refreshes and \`pulumi up\` of 200 builders run once.
- For previews, one builder of a stack is real. The other builders are copies of it: each has its own resource in Pulumi's state
  and its own record in buildx's store, but no container, because a preview sends no request to an engine.
- For refreshes, 200 builders run on two engines. In the stack of 1,000 builders, five builders have the same container, so
  that each read finds a running container.
- A row does not count if other programs used more than a tenth of the processors.${busyRows(rows)}
- \`npm run soak\` creates, changes and removes 200 builders in one process of the plugin, and reports whether anything is left or grows:
  processes, open files, memory, containers, volumes or files.
`;
}

function machine(on: Results["on"], took: number | undefined): string {
    const versions = Object.entries(on).map(([part, value]) => `${part} ${value}`);
    const duration = took === undefined ? "" : ` The run took ${formatTime(took * 1000)}.`;
    return `Measured on: ${versions.join(", ")}.${duration}`;
}

type Cells = readonly string[];

const table = (head: Cells, rows: readonly Cells[]): string =>
    [head, head.map(() => "---"), ...rows]
        .map((cells) => `|${cells.map((cell) => (cell === "" ? " " : ` ${cell} `)).join("|")}|`)
        .join("\n");

const unknown = "–";

/** Returns a figure of a row. A figure that does not count has an asterisk. */
function figure(row: Result | undefined, value: number | undefined, format = formatTime): string {
    if (row === undefined || value === undefined) return unknown;
    return `${format(value)}${row.busy === undefined ? "" : "\\*"}`;
}

/** A row of the first table: its description, and the rows of the bench with the figures of each bridge. */
const comparisons: readonly (readonly [what: string, dynamic: string | undefined, plugin: string])[] = [
    ["create a builder, until it is ready", "create", "plugin-create"],
    ["create ten builders, until all are ready (Buildx: one after another)", "ten", "plugin-ten-provider"],
    ["delete a builder and its cache", "delete", "plugin-delete"],
    ["change the memory limit", "limit", "plugin-limit"],
    ["read 100 builders (Buildx: `ls`)", "read", "plugin-read"],
    ["create a `RemoteBuilder`, until it is ready", undefined, "remote-create"],
    ["create a `KubernetesBuilder`, until it is ready", undefined, "kubernetes-create"],
    ["change the memory limit of a `KubernetesBuilder`, until builds run again", undefined, "kubernetes-limit"],
];

const oneBuilder = (find: Find): Cells[] =>
    comparisons.map(([what, dynamicRow, pluginRow]) => {
        const [dynamic, plugin] = [dynamicRow === undefined ? undefined : find(dynamicRow), find(pluginRow)];
        const either =
            [plugin, dynamic].find((row) => row !== undefined && row.busy === undefined) ?? plugin ?? dynamic;
        return [
            what,
            figure(either, either?.beside),
            figure(dynamic, dynamic?.ours),
            figure(plugin, plugin?.ours),
            figure(either, either?.limit),
        ];
    });

const withSize = (row: Result | undefined, size: number): number | undefined => row?.more?.[`with ${size}`];

function stacks(find: Find): Cells[] {
    const bySize = (what: string, name: string, format?: (value: number) => string) => {
        const row = find(name);
        return [what, ...sizes.map((size) => figure(row, withSize(row, size), format))];
    };
    const up = [
        { row: find("plugin-create"), builders: 1 },
        { row: find("plugin-ten"), builders: 1 }, // the time of all ten
        { row: find("plugin-hundred"), builders: 100 },
        { row: find("up"), builders: 1000 },
    ];
    return [
        bySize("`pulumi preview` without changes, YAML with the plugin", "plugin-each"),
        bySize("the same in TypeScript with the plugin", "plugin-preview-typescript"),
        bySize("the same in TypeScript with the dynamic provider", "preview"),
        bySize("`pulumi refresh` without changes, YAML with the plugin", "refresh"),
        [
            "`pulumi up` that creates all builders, with the plugin",
            ...up.map(({ row, builders }) => figure(row, row && row.ours * builders)),
        ],
        bySize("size of the state file", "state", (kilobytes) => formatBytes(kilobytes * 1e3)),
    ];
}

function upEstimate(up: Result | undefined): string {
    const total = withSize(up, 200);
    if (up === undefined || total === undefined) return "it was not measured.";
    return `five times the ${formatTime(total)} of 200 builders on two engines of one machine, ${formatTime(up.ours)} for each builder.`;
}

function sentences(find: Find): string[] {
    const each = (name: string) => figure(find(name), find(name)?.more?.["each after the first"]);
    const of = (name: string) => figure(find(name), find(name)?.ours);
    const removal = find("up")?.more?.["pulumi destroy with 200"];
    const ofDynamic = linearity(find("preview"));
    return [
        `- Each further builder adds ${each("plugin-each")} to a preview in YAML with the plugin, ${each("plugin-preview-typescript")} in TypeScript with the plugin, and ${each("preview")} with the dynamic provider.${ofDynamic}`,
        `- Each further \`RemoteBuilder\` adds ${of("remote-each")} to a preview in YAML with the plugin, and each \`KubernetesBuilder\` ${of("kubernetes-each")}.`,
        `- A refresh reads each builder from its engine: ${of("refresh")} for each of 1,000 builders.`,
        ...(removal === undefined
            ? []
            : [`- \`pulumi destroy\` of 200 builders on two engines takes ${figure(find("up"), removal)}.`]),
        `- After it created 100 builders, the process of the plugin has ${megabytes(find("plugin-memory-100"))}, and the process of the dynamic provider ${megabytes(find("memory"))}.`,
    ];
}

function megabytes(row: Result | undefined): string {
    if (row?.beside === undefined) return "an unknown size";
    const size = (count: number) => figure(row, count * 1e6, formatBytes);
    return `${size(row.beside + row.ours)} of memory, ${size(row.ours)} more than when idle`;
}

/** The largest deviation from a straight line, as a share of its height. Rounds of one size vary by as much. */
const maxDeviation = 0.1;

/** Compares the largest stack with the line through the stacks of 1 and 100 builders. */
function linearity(row: Result | undefined): string {
    const [one, hundred, thousand] = [1, 100, 1000].map((size) => withSize(row, size));
    if (one === undefined || hundred === undefined || thousand === undefined) return "";
    const expected = one + ((hundred - one) / 99) * 999;
    const off = (thousand - expected) / expected;
    const verdict = Math.abs(off) <= maxDeviation ? "grows linearly" : "does not grow linearly";
    const side = off < 0 ? "less" : "more";
    return ` The time ${verdict}: with 1,000 builders and the dynamic provider, it is ${formatShare(Math.abs(off))} ${side} than the times of 1 and 100 builders predict.`;
}

function busyRows(rows: readonly Result[]): string {
    const busy = rows.filter((row) => row.busy !== undefined).map(({ name }) => `\`${name}\``);
    if (busy.length === 0) return "";
    return ` Figures with an asterisk do not count, and have no
  better figures yet. Their rows in \`bench/results.json\`: ${busy.join(", ")}.`;
}
