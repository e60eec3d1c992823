/**
 * Computes what a thousand builders cost from the measured figures, so that the page always agrees with the figures.
 */
import type { Result, Results } from "./results";

const builders = 1000;
const engines = 10;

interface Row {
    readonly what: string;
    /** The slope, and the row of the bench that it comes from. */
    readonly measured: string;
    readonly reckoned: string;
}

/** Returns a page in Markdown. A row without a figure says that it was not measured. */
export function scale(on: Results["on"], results: readonly Result[]): string {
    const figures = new Map(results.map((result) => [result.name, result]));
    const rows = reckonings.map(({ what, from, reckon }): Row => {
        const result = figures.get(from);
        if (result === undefined) return { what, measured: `not measured (\`${from}\`)`, reckoned: "?" };
        const { slope, total } = reckon(result);
        return { what, measured: `${slope} (\`${from}\`)`, reckoned: total };
    });
    const machine = Object.entries(on).map(([part, value]) => `${part} ${value}`);
    return `# What ${builders} builders take

This is on paper: nobody has run ${builders} builders on ${engines} engines. It is what one more builder takes, measured with up to
100 of them on one engine, times ${builders}. \`npm run bench\` writes this page together with \`bench/results.json\`, from which it is.

| | measured | ${builders} builders on ${engines} engines |
|---|---|---|
${rows.map(({ what, measured, reckoned }) => `| ${what} | ${measured} | ${reckoned} |`).join("\n")}

Measured on: ${machine.join(", ")}.

${straightness(figures.get("preview"))}

No credit is taken for the other engines: times are those of one engine that does the work of all. What the engines do
themselves, as starting containers, ${engines} of them do at the same time, as far as the machine that runs Pulumi keeps up.

What does not grow with the number of builders:

- processes: there is one provider process, whatever it has made, and none is left when Pulumi ends;
- connections: each engine is spoken to over those that builders at work at the same time take, and the next builders
  take the same ones;
- what the package takes to load, once for the program and once for the provider process;
- what a preview asks of engines: nothing;
- what is looked at for one builder: its own record, container, volume, image and network, and no list of all.
`;
}

interface Reckoning {
    readonly what: string;
    /** The name of the row in the bench. */
    readonly from: string;
    readonly reckon: (result: Result) => { readonly slope: string; readonly total: string };
}

const reckonings: readonly Reckoning[] = [
    {
        what: "`pulumi preview` with nothing to change",
        from: "preview",
        reckon: ({ more = {} }) => {
            const { "with 1": one = NaN, "each after the first": each = NaN } = more;
            const total = one + each * (builders - 1);
            return {
                slope: `${duration(one)} with one builder, ${duration(each)} for each more`,
                total: duration(total),
            };
        },
    },
    {
        what: "`pulumi refresh`, what the provider does of it",
        from: "read",
        reckon: ({ ours }) => perBuilder(ours / 50, duration),
    },
    {
        what: "`pulumi up` that makes all, what the provider does of it",
        from: "ten",
        reckon: ({ ours }) => perBuilder(ours / 10, duration),
    },
    {
        what: "the state file",
        from: "state",
        reckon: ({ ours }) => perBuilder(ours * 1e3, bytes),
    },
    {
        what: "memory of the provider process that made all",
        from: "memory",
        reckon: ({ ours, beside = NaN }) => {
            const [idle, each] = [beside * 1e6, (ours * 1e6) / 100];
            return {
                slope: `${bytes(idle)} when idle, ${bytes(each)} for each of 100 builders, garbage included`,
                total: `${bytes(idle + each * builders)} at most`,
            };
        },
    },
    {
        what: "connections to engines",
        from: "connections",
        reckon: ({ ours }) => ({
            slope: `${ours} to one engine, after 100 builders`,
            total: `${ours * engines} at most, ${ours} to each`,
        }),
    },
];

/**
 * The largest deviation from a straight line, in percent of the line's height. Rounds of one size differ by as much.
 */
const mostBend = 5;

const perBuilder = (each: number, shown: (value: number) => string) => ({
    slope: `${shown(each)} a builder`,
    total: shown(each * builders),
});

function straightness(preview: Result | undefined): string {
    const {
        "with 10, above the straight line from 1 to 100": off,
        "with 1": one,
        "with 100": hundred,
    } = preview?.more ?? {};
    if (off === undefined || one === undefined || hundred === undefined)
        return "Whether a preview grows in a straight line was not measured.";
    const share = Math.abs(off / (hundred - one)) * 100;
    const verdict = share <= mostBend ? "grows in a straight line" : "does not grow in a straight line";
    return `A preview ${verdict}: with ten builders it is ${duration(Math.abs(off))} ${off < 0 ? "below" : "above"} the line from one to a hundred, ${share.toFixed(1)} % of what lies between these.`;
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
