/**
 * Makes, changes and removes a builder again and again in one provider process, with a real build each time, and tells what
 * that leaves behind or makes grow.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { columns } from "./report/table";
import { shown } from "./report/words";
import { type Bench, withBench } from "./support/bench";
import { buildx } from "./support/builders";
import { throwIfInterrupted } from "./support/interruption";
import { added, filesIn, type Inventory, onEngine } from "./support/inventory";
import { slope } from "./support/line";
import { engineProcess, openFiles, residentMemory } from "./support/processes";
import { ProviderProcess } from "./support/providerProcess";

/** Before the first look: modules are loaded, code is compiled, connections are there and the heap has found its size by then. */
const warmUp = 100;

/**
 * How long what is being closed or removed, by other programs too, may take until it is gone, in milliseconds. The engine
 * closes connections that it has given to a process once it collects its garbage, which it does within two minutes.
 */
const patience = 150_000;

/** Between two looks, in milliseconds. */
const pause = 2_000;

/** A process that is looked at. */
interface Watched {
    readonly name: string;
    readonly pid: number;
}

/** Memory that is looked at after each round. */
interface Meter {
    readonly name: string;
    /** In 10^6 bytes. */
    readonly read: () => Promise<number>;
    /** What it may grow in a round, in 10^3 bytes. */
    readonly mostGrowth: number;
}

/**
 * What is in use after a forced collection grows by compiled code alone, as one function after the other is called often
 * enough for V8 to compile it: some 8 KB a round over the first 100, and less with each. What is kept of a builder, with its
 * properties, the engine's answers on it and a connection, is some 10 KB of objects and more.
 */
const mostInUse = 10;

/** What its process takes of the machine moves by some 10^6 bytes with the room that the collector keeps, however long it runs. */
const mostResident = (rounds: number) => 5_000 / rounds;

/**
 * The engine is a program of Go's, whose heap may double before it is collected, and it has other clients. That nothing of
 * ours is left in it is told by what it lists, and by its open files.
 */
const mostResidentOfEngine = (rounds: number) => 100_000 / rounds;

/**
 * Open files may differ by so many: a connection to the engine is kept for the next call, and whether the last one of a round
 * was there still when the next call came is chance.
 */
const fileTolerance = 1;

interface Look {
    readonly memory: readonly number[];
    readonly files: readonly (readonly string[])[];
    readonly things: Inventory;
}

interface Line {
    readonly cells: readonly string[];
    /** What is not flat, in words. */
    readonly trouble?: string | undefined;
}

async function soak(bench: Bench, rounds: number): Promise<Line[]> {
    const temporary = join(bench.folder, "tmp");
    await mkdir(temporary);
    const context = await makeContext(bench);
    const engine = await engineProcess();
    if ("why" in engine) console.log(`The engine's own process is not looked at: ${engine.why}.`);
    const provider = await ProviderProcess.start({ TMPDIR: temporary });
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
        for (const meter of meters) figures.push(await meter.read()); // garbage is collected for the first
        return figures;
    };
    const look = async (): Promise<Look> => ({
        memory: await readMeters(),
        files: await Promise.all(watched.map(({ pid }) => openFiles(pid))),
        things: {
            ...(await onEngine()),
            "files of the store": await filesIn(process.env.BUILDX_CONFIG as string),
            "temporary files": await filesIn(temporary),
        },
    });
    try {
        const run = async (round: number) => {
            throwIfInterrupted();
            await lifeOfOne(provider, `${bench.unique}-${round}`, round, context);
            const memory = await readMeters();
            tell(round, rounds, meters, memory);
            return memory;
        };
        for (let round = 0; round < warmUp; round++) await run(round - warmUp);
        await sleep(pause);
        const start = await look();
        const memories: number[][] = [];
        for (let round = 0; round < rounds; round++) memories.push(await run(round + 1));
        const end = await settled(start, look);
        return [
            ...meters.map(({ name, mostGrowth }, index) => {
                const points = memories.map((memory, round) => [round, (memory[index] as number) * 1e3] as const);
                return ofMemory(name, [start.memory[index]!, end.memory[index]!], slope(points), mostGrowth);
            }),
            ...watched.map(({ name }, index) => ofFiles(name, start.files[index]!, end.files[index]!)),
            ...Object.entries(start.things).map(([kind, before]) => ofThings(kind, before, end.things[kind] ?? [])),
        ];
    } finally {
        await provider.stop();
    }
}

/** One builder's life: it is made, built with, changed with its container kept or made anew, built with and removed. */
async function lifeOfOne(provider: ProviderProcess, name: string, round: number, context: string): Promise<void> {
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

async function makeContext(bench: Bench): Promise<string> {
    const folder = join(bench.folder, "context");
    await mkdir(folder);
    await writeFile(join(folder, "Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
    return folder;
}

function tell(round: number, rounds: number, meters: readonly Meter[], memory: readonly number[]): void {
    const figures = meters.map(({ name }, index) => `${name} ${shown(memory[index]!, "MB")}`).join(", ");
    console.error(`soak: ${round <= 0 ? "warm-up" : `round ${round} of ${rounds}`}: ${figures}`);
}

/** Looks until all is as it was, as long as the patience is. */
async function settled(start: Look, look: () => Promise<Look>): Promise<Look> {
    const until = performance.now() + patience;
    for (;;) {
        throwIfInterrupted();
        await sleep(pause);
        const now = await look();
        const isAsBefore =
            now.files.every((files, index) => files.length <= start.files[index]!.length) &&
            Object.entries(now.things).every(([kind, there]) => added(start.things[kind] ?? [], there).length === 0);
        if (isAsBefore || performance.now() > until) return now;
    }
}

function ofMemory(name: string, [before, now]: readonly [number, number], growth: number, most: number): Line {
    const said = `${growth.toFixed(1)} KB a round`;
    return {
        cells: [name, shown(before, "MB"), shown(now, "MB"), shown(now - before, "MB"), said],
        trouble: growth > most ? `${name} grows by ${said}, and ${most.toFixed(0)} are let pass` : undefined,
    };
}

function ofFiles(name: string, before: readonly string[], now: readonly string[]): Line {
    const difference = now.length - before.length;
    const kinds = [...new Set(added(before, now).map((target) => target.replace(/\d+/g, "…")))].join(", ");
    return {
        cells: [`open files of the ${name}`, `${before.length}`, `${now.length}`, `${difference}`, ""],
        trouble: difference > fileTolerance ? `the ${name} has ${difference} more open files: ${kinds}` : undefined,
    };
}

function ofThings(kind: string, before: readonly string[], now: readonly string[]): Line {
    const more = added(before, now);
    return {
        cells: [kind, `${before.length}`, `${now.length}`, `${now.length - before.length}`, ""],
        trouble: more.length > 0 ? `there are more ${kind}: ${more.join(", ")}` : undefined,
    };
}

async function main(args: string[]): Promise<void> {
    const { values } = parseArgs({ args, options: { rounds: { type: "string", default: "200" } } });
    const rounds = Number(values.rounds);
    if (!(rounds >= 2)) throw new Error(`--rounds is "${values.rounds}", and takes a number, 2 or more`);
    const lines = await withBench((bench) => soak(bench, rounds));
    console.log(columns([["", "start", "end", "difference", ""], ...lines.map(({ cells }) => cells)]));
    const troubles = lines.flatMap(({ trouble }) => trouble ?? []);
    if (troubles.length === 0) return console.log(`\nFlat, over ${rounds} rounds.`);
    for (const trouble of troubles) console.log(`\nNot flat: ${trouble}.`);
    process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(`soak: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode ??= 1;
});
