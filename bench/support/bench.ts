import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leftovers, removeLeftovers } from "../../tests/support/docker";
import { grow, type Growth } from "./growth";
import { type Hundred, makeHundred } from "./hundred";
import { interruptible, throwIfInterrupted } from "./interruption";
import { type LargeState, makeLargeState } from "./largeState";
import { once } from "./once";

/** What the measurements of one run share: a store of its own, names of its own, and what is dear to make. */
export interface Bench {
    /** Starts the names of all that is made on the engine. */
    readonly unique: string;
    readonly folder: string;
    /** A name that nothing has yet. */
    readonly name: () => string;
    /** Stacks of several sizes, made when they are first asked for. */
    growth(): Promise<Growth>;
    /** What a hundred builders in one provider process take, made when it is first asked for. */
    hundred(): Promise<Hundred>;
    /** A state to archive and restore, made when it is first asked for. */
    largeState(): Promise<LargeState>;
}

/** Does some work with all that it makes gone afterwards, also where it fails or is interrupted. */
export async function withBench<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
    const unique = `bench${randomBytes(4).toString("hex")}`;
    const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-bench-"));
    process.env.BUILDX_CONFIG = join(folder, "buildx");
    let names = 0;
    const bench: Bench = {
        unique,
        folder,
        name: () => {
            throwIfInterrupted();
            return `${unique}-${names++}-`;
        },
        growth: once(() => grow(unique)),
        hundred: once(() => makeHundred(bench.name)),
        largeState: once(() => makeLargeState(bench)),
    };
    return interruptible(async () => {
        try {
            return await work(bench);
        } finally {
            // Of a call that was cut off, the effect may show after a first look.
            for (let attempt = 0; attempt < 5 && (await leftovers(unique)).length > 0; attempt++)
                await removeLeftovers(unique);
            await rm(folder, { recursive: true, force: true });
        }
    });
}
