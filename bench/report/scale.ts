/**
 * Estimates the cost of a thousand builders from the measured figures, so that the page always agrees with the figures.
 */
import type { Result, Results } from "./results";

const builders = 1000;
const engines = 10;

interface Row {
    readonly what: string;
    /** The cost of one more builder, and the row of the bench with this figure. */
    readonly measured: string;
    readonly estimated: string;
}

/** Returns a page in Markdown. A row without a figure says that it was not measured. */
export function renderScale(on: Results["on"], results: readonly Result[]): string {
    const figures = new Map(results.map((result) => [result.name, result]));
    const rows = estimates.map(({ what, from, estimate }): Row => {
        const result = figures.get(from);
        if (result === undefined) return { what, measured: `not measured (\`${from}\`)`, estimated: "?" };
        const { slope, total } = estimate(result);
        return { what, measured: `${slope} (\`${from}\`)`, estimated: total };
    });
    const machine = Object.entries(on).map(([part, value]) => `${part} ${value}`);
    return `# The cost of ${builders} builders

This page is an estimate: nobody has run ${builders} builders on ${engines} engines. It multiplies the cost of one more builder by ${builders}.
That cost was measured with up to 100 builders on one engine. \`npm run bench\` writes this page from \`bench/results.json\`.

| | measured | estimate for ${builders} builders on ${engines} engines |
|---|---|---|
${rows.map(({ what, measured, estimated }) => `| ${what} | ${measured} | ${estimated} |`).join("\n")}

Measured on: ${machine.join(", ")}.

${linearity(figures.get("preview"))}

The estimate does not assume that more engines save time: it uses the times of one engine that does all the work. In
practice, ${engines} engines work in parallel, for example when they start containers, if the machine that runs Pulumi is fast enough.

These do not grow with the number of builders:

- the number of processes: Pulumi starts one provider process and stops it when it exits
- the number of connections to an engine: it depends on how many builders are processed in parallel; the next builders
  use the same connections
- the time and memory to load the package, once into the program and once into the provider process
- the number of requests that a preview sends to engines: none
- the objects that are read for one builder: its own record, container, volume, image and network, but no list of all
`;
}

interface Estimate {
    readonly what: string;
    /** The name of the row in the bench. */
    readonly from: string;
    readonly estimate: (result: Result) => { readonly slope: string; readonly total: string };
}

const estimates: readonly Estimate[] = [
    {
        what: "`pulumi preview` without changes",
        from: "preview",
        estimate: ({ more = {} }) => {
            const { "with 1": one = NaN, "each after the first": each = NaN } = more;
            const total = one + each * (builders - 1);
            return {
                slope: `${duration(one)} with one builder, ${duration(each)} for each additional builder`,
                total: duration(total),
            };
        },
    },
    {
        what: "`pulumi refresh`, the work of the provider",
        from: "read",
        estimate: ({ ours }) => perBuilder(ours / 50, duration),
    },
    {
        what: "`pulumi up` that creates all builders, the work of the provider",
        from: "ten",
        estimate: ({ ours }) => perBuilder(ours / 10, duration),
    },
    {
        what: "size of the state file",
        from: "state",
        estimate: ({ ours }) => perBuilder(ours * 1e3, bytes),
    },
    {
        what: "memory of the provider process after it created all builders",
        from: "memory",
        estimate: ({ ours, beside = NaN }) => {
            const [idle, each] = [beside * 1e6, (ours * 1e6) / 100];
            return {
                slope: `${bytes(idle)} when idle, ${bytes(each)} for each of 100 builders, including garbage`,
                total: `${bytes(idle + each * builders)} at most`,
            };
        },
    },
    {
        what: "connections to engines",
        from: "connections",
        estimate: ({ ours }) => ({
            slope: `${ours} to one engine, after 100 builders`,
            total: `${ours * engines} at most, ${ours} to each`,
        }),
    },
];

/** The largest deviation from a straight line, in percent of its height. Rounds of one size vary by as much. */
const maxDeviation = 5;

const perBuilder = (each: number, format: (value: number) => string) => ({
    slope: `${format(each)} per builder`,
    total: format(each * builders),
});

function linearity(preview: Result | undefined): string {
    const {
        "with 10, above the straight line from 1 to 100": off,
        "with 1": one,
        "with 100": hundred,
    } = preview?.more ?? {};
    if (off === undefined || one === undefined || hundred === undefined)
        return "Whether the time of a preview grows linearly was not measured.";
    const share = Math.abs(off / (hundred - one)) * 100;
    const verdict = share <= maxDeviation ? "grows linearly" : "does not grow linearly";
    return `The time of a preview ${verdict}: with ten builders it is ${duration(Math.abs(off))} ${off < 0 ? "below" : "above"} the line from one to a hundred builders. That is ${share.toFixed(1)} % of the difference between one and a hundred.`;
}

const digits = (value: number) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);

/**
 * Returns a time as text.
 *
 * @param ms milliseconds.
 */
function duration(ms: number): string {
    if (ms < 1000) return `${ms.toFixed(digits(ms))} ms`;
    const seconds = ms / 1000;
    return seconds < 120 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`;
}

function bytes(count: number): string {
    const [value, unit] = count >= 1e6 ? [count / 1e6, "MB"] : [count / 1e3, "KB"];
    return `${value.toFixed(digits(value))} ${unit}`;
}
