import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeLeftovers } from "../../tests/support/docker";
import { once } from "./once";
import { grow, type Growth } from "./growth";

/** What the measurements of one run share: a store of its own, names of its own, and what is dear to make. */
export interface Bench {
    /** Starts the names of all that is made on the engine. */
    readonly unique: string;
    readonly folder: string;
    /** A name that nothing has yet. */
    name(): string;
    /** Stacks of several sizes, made when they are first asked for. */
    growth(): Promise<Growth>;
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
        name: () => `${unique}-${names++}-`,
        growth: once(() => grow(unique)),
    };
    const cleanUp = once(async () => {
        await removeLeftovers(unique);
        await rm(folder, { recursive: true, force: true });
    });
    const interrupted = (signal: NodeJS.Signals) => {
        void cleanUp().finally(() => process.exit(signal === "SIGINT" ? 130 : 143));
    };
    process.on("SIGINT", interrupted).on("SIGTERM", interrupted);
    try {
        return await work(bench);
    } finally {
        await cleanUp();
    }
}
