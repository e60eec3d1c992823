import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leftovers, removeLeftovers } from "../../tests/support/docker";
import { measureStackCosts, type StackCosts } from "./stackSizes";
import { measureManyBuilders, type ProcessUsage } from "./manyBuilders";
import { interruptible, throwIfInterrupted } from "./interruption";
import { createLargeState, type LargeState } from "./largeState";
import { memoize } from "./memoize";
import { measureTenBuilders, type TenBuilders } from "./tenBuilders";

/** What the measurements of one run share: a buildx store, unique names, and objects that are expensive to create. */
export interface Bench {
    /** The prefix of all names that the run creates on the engine. */
    readonly unique: string;
    readonly folder: string;
    /** Returns an unused name. */
    readonly name: () => string;
    /** The cost of stacks of several sizes, measured on the first call. */
    stackCosts(): Promise<StackCosts>;
    /** The time to create ten builders in several ways, measured on the first call. */
    tenBuilders(): Promise<TenBuilders>;
    /** The cost of a hundred builders in one provider process, measured on the first call. */
    manyBuilders(): Promise<ProcessUsage>;
    /** A state to archive and restore, created on the first call. */
    largeState(): Promise<LargeState>;
}

/** Does some work, and then removes everything that it created, even if it fails or is interrupted. */
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
        stackCosts: memoize(() => measureStackCosts(unique)),
        tenBuilders: memoize(() => measureTenBuilders(bench)),
        manyBuilders: memoize(() => measureManyBuilders(bench.name)),
        largeState: memoize(() => createLargeState(bench)),
    };
    return interruptible(async () => {
        try {
            return await work(bench);
        } finally {
            // An aborted call may take effect only after the first check.
            for (let attempt = 0; attempt < 5 && (await leftovers(unique)).length > 0; attempt++)
                await removeLeftovers(unique);
            await rm(folder, { recursive: true, force: true });
        }
    });
}
