/**
 * Creates, updates and removes a builder repeatedly in one process of the plugin, with a real build each time. Reports
 * what this leaves behind and what grows. With `--dynamic`, the process is the process of the dynamic provider.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { columns } from "./report/table";
import { formatFigure } from "./report/format";
import { type Bench, withBench } from "./support/bench";
import { buildx } from "./support/builders";
import { throwIfInterrupted } from "./support/interruption";
import { added, listFiles, type Inventory, listEngineObjects } from "./support/inventory";
import { slope } from "./support/slope";
import { childProcesses, findEngineProcess, openFiles, residentMemory } from "./support/processes";
import { type Bridge, ProviderProcess } from "./support/providerProcess";

/**
 * Rounds before the first snapshot. After them, modules are loaded, code is compiled, connections exist and the heap has
 * reached its size.
 */
const warmUp = 100;

/**
 * Timeout, in milliseconds, until files and objects that are being closed or removed no longer exist. Other programs
 * remove some of them. The engine closes connections that it handed to a process when it collects its garbage, within
 * two minutes.
 */
const settleTimeout = 150_000;

/** Time between two snapshots, in milliseconds. */
const pause = 2_000;

/** A process whose memory and open files are measured. */
interface Watched {
    readonly name: string;
    readonly pid: number;
}

/** Memory that is measured after each round. */
interface Meter {
    readonly name: string;
    /** Returns the memory in 10^6 bytes. */
    readonly read: () => Promise<number>;
    /** The largest growth in a round, in 10^3 bytes. */
    readonly mostGrowth: number;
}

/**
 * The memory in use after a forced collection grows only by compiled code, because V8 compiles a function once it is
 * called often enough. That is about 8 KB a round over the first 100 rounds, and less in later rounds. A leaked
 * builder, with its properties, the engine's responses and a connection, takes 10 KB of objects or more.
 */
const mostInUse = 10;

/**
 * The resident memory varies by about 10^6 bytes with the reserve that the collector keeps, however long the process
 * runs.
 */
const mostResident = (rounds: number) => 5_000 / rounds;

/**
 * The engine is a Go program. Its heap may double before it is collected, and it has other clients. Its lists of
 * objects and its open files show whether this package leaves anything in it.
 */
const mostResidentOfEngine = (rounds: number) => 100_000 / rounds;

/**
 * The number by which open files may differ. A connection to the engine is kept for the next call. Whether the last
 * connection of a round still exists when the next call starts is random.
 */
const fileTolerance = 1;

interface Snapshot {
    readonly memory: readonly number[];
    readonly files: readonly (readonly string[])[];
    readonly objects: Inventory;
}

interface Line {
    readonly cells: readonly string[];
    /** Describes what grows, if anything does. */
    readonly problem?: string | undefined;
}

async function soak(bench: Bench, bridge: Bridge, rounds: number): Promise<Line[]> {
    const temporary = join(bench.folder, "tmp");
    await mkdir(temporary);
    const context = await createContext(bench);
    const engine = await findEngineProcess();
    if ("why" in engine) console.log(`The engine process is not measured: ${engine.why}.`);
    const provider = await ProviderProcess.start(bridge, { env: { TMPDIR: temporary } });
    const watched: Watched[] = [
        { name: "provider process", pid: provider.pid },
        ...("pid" in engine ? [{ name: "engine process", pid: engine.pid }] : []),
    ];
    const meters: Meter[] = [
        { name: "memory in use in the provider process", read: () => provider.inUse(), mostGrowth: mostInUse },
        ...watched.map(({ name, pid }) => ({
            name: `memory of the ${name}`,
            read: () => residentMemory(pid),
            mostGrowth: (pid === provider.pid ? mostResident : mostResidentOfEngine)(rounds),
        })),
    ];
    const readMeters = async (): Promise<number[]> => {
        const figures: number[] = [];
        for (const meter of meters) figures.push(await meter.read()); // the read forces a garbage collection
        return figures;
    };
    const takeSnapshot = async (): Promise<Snapshot> => ({
        memory: await readMeters(),
        files: await Promise.all(watched.map(({ pid }) => openFiles(pid))),
        objects: {
            ...(await listEngineObjects()),
            "files of the store": await listFiles(process.env.BUILDX_CONFIG as string),
            "temporary files": await listFiles(temporary),
            processes: await childProcesses(process.pid),
        },
    });
    try {
        const run = async (round: number) => {
            throwIfInterrupted();
            await runOneBuilder(provider, `${bench.unique}-${round}`, round, context);
            const memory = await readMeters();
            reportRound(round, rounds, meters, memory);
            return memory;
        };
        for (let round = 0; round < warmUp; round++) await run(round - warmUp);
        await sleep(pause);
        const start = await takeSnapshot();
        const memories: number[][] = [];
        for (let round = 0; round < rounds; round++) memories.push(await run(round + 1));
        const end = await snapshotAfterSettling(start, takeSnapshot);
        return [
            ...meters.map(({ name, mostGrowth }, index) => {
                const points = memories.map((memory, round) => [round, (memory[index] as number) * 1e3] as const);
                return memoryLine(name, [start.memory[index]!, end.memory[index]!], slope(points), mostGrowth);
            }),
            ...watched.map(({ name }, index) => filesLine(name, start.files[index]!, end.files[index]!)),
            ...Object.entries(start.objects).map(([kind, before]) =>
                objectsLine(kind, before, end.objects[kind] ?? []),
            ),
        ];
    } finally {
        await provider.stop();
    }
}

/**
 * Runs one builder: create, build, update, read, build, remove. The updates alternate between keeping and recreating
 * the container.
 */
async function runOneBuilder(provider: ProviderProcess, name: string, round: number, context: string): Promise<void> {
    const build = (builder: string) =>
        buildx("build", "--builder", builder, "--progress", "plain", "--output", "type=cacheonly", context);
    const builder = await provider.create(name, { keepState: false });
    try {
        await build(builder.id);
        const driverOpts = round % 2 === 0 ? { memory: "512m" } : { env: { ROUND: String(round) } };
        await provider.update(builder, { keepState: false, driverOpts });
        await provider.read(builder);
        await build(builder.id);
    } finally {
        await provider.delete(builder);
    }
}

async function createContext(bench: Bench): Promise<string> {
    const folder = join(bench.folder, "context");
    await mkdir(folder);
    await writeFile(join(folder, "Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
    return folder;
}

function reportRound(round: number, rounds: number, meters: readonly Meter[], memory: readonly number[]): void {
    const figures = meters.map(({ name }, index) => `${name} ${formatFigure(memory[index]!, "MB")}`).join(", ");
    console.error(`soak: ${round <= 0 ? "warm-up" : `round ${round} of ${rounds}`}: ${figures}`);
}

/** Takes snapshots until everything is as it was before, or until {@link settleTimeout} has passed. */
async function snapshotAfterSettling(start: Snapshot, takeSnapshot: () => Promise<Snapshot>): Promise<Snapshot> {
    const until = performance.now() + settleTimeout;
    for (;;) {
        throwIfInterrupted();
        await sleep(pause);
        const now = await takeSnapshot();
        const isAsBefore =
            now.files.every((files, index) => files.length <= start.files[index]!.length) &&
            Object.entries(now.objects).every(([kind, names]) => added(start.objects[kind] ?? [], names).length === 0);
        if (isAsBefore || performance.now() > until) return now;
    }
}

function memoryLine(name: string, [before, now]: readonly [number, number], growth: number, most: number): Line {
    const growthText = `${growth.toFixed(1)} KB per round`;
    return {
        cells: [
            name,
            formatFigure(before, "MB"),
            formatFigure(now, "MB"),
            formatFigure(now - before, "MB"),
            growthText,
        ],
        problem: growth > most ? `${name} grows by ${growthText}, more than ${most.toFixed(0)} KB` : undefined,
    };
}

function filesLine(name: string, before: readonly string[], now: readonly string[]): Line {
    const difference = now.length - before.length;
    const kinds = [...new Set(added(before, now).map((target) => target.replace(/\d+/g, "…")))].join(", ");
    return {
        cells: [`open files of the ${name}`, `${before.length}`, `${now.length}`, `${difference}`, ""],
        problem: difference > fileTolerance ? `the ${name} has ${difference} more open files: ${kinds}` : undefined,
    };
}

function objectsLine(kind: string, before: readonly string[], now: readonly string[]): Line {
    const more = added(before, now);
    return {
        cells: [kind, `${before.length}`, `${now.length}`, `${now.length - before.length}`, ""],
        problem: more.length > 0 ? `additional ${kind}: ${more.join(", ")}` : undefined,
    };
}

async function main(args: string[]): Promise<void> {
    const options = { rounds: { type: "string", default: "200" }, dynamic: { type: "boolean" } } as const;
    const { values } = parseArgs({ args, options });
    const rounds = Number(values.rounds);
    if (!(rounds >= 2))
        throw new Error(
            `"${values.rounds}" is not a valid number of rounds: must be 2 or more, for example --rounds 30`,
        );
    const bridge = values.dynamic ? "dynamic" : "plugin";
    const lines = await withBench((bench) => soak(bench, bridge, rounds));
    console.log(columns([["", "start", "end", "difference", ""], ...lines.map(({ cells }) => cells)]));
    const problems = lines.flatMap(({ problem }) => problem ?? []);
    if (problems.length === 0) return console.log(`\nNo growth in ${rounds} rounds.`);
    for (const problem of problems) console.log(`\nGrowth: ${problem}.`);
    process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(`soak: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode ??= 1;
});
