import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import type { ContainerCreateOptions } from "dockerode";
import { leftovers, removeLeftovers } from "../../tests/support/docker";
import { createBuilder, deleteBuilder } from "./builders";
import { likeBuilder, openEngine } from "./engineApi";
import { interruptible, throwIfInterrupted } from "./interruption";
import { type KubernetesBuilders, measureKubernetesBuilders } from "./kubernetesBuilders";
import { createLargeState, type LargeState } from "./largeState";
import { type ManyBuilders, measureManyBuilders } from "./manyBuilders";
import { memoize } from "./memoize";
import { measureOneBuilder, type OneBuilder } from "./oneBuilder";
import { OtherLoad } from "./otherLoad";
import { type Bridge, ProviderProcess } from "./providerProcess";
import { measureRemoteBuilders, type RemoteBuilders } from "./remoteBuilders";
import { measureScale, type Scale } from "./scale";
import { measureStackCosts, type StackCosts } from "./stackSizes";
import { measureTenBuilders, type TenBuilders } from "./tenBuilders";

/** What the measurements of one run share: a buildx store, unique names, and objects that are expensive to create. */
export interface Bench {
    /** The prefix of all names that the run creates on the engine. */
    readonly unique: string;
    readonly folder: string;
    /** Returns an unused name. */
    readonly name: () => string;
    /** The processes in which builders are created, started on the first call. */
    providers(): Promise<Readonly<Record<Bridge, ProviderProcess>>>;
    /** The client of the engine, and the container that this package creates for a builder with a name. */
    engine(): Promise<{ api: Docker; optionsOf: (name: string) => ContainerCreateOptions }>;
    /** The times of one builder by several programs, measured on the first call. */
    oneBuilder(): Promise<OneBuilder>;
    /** The cost of stacks of several sizes, measured on the first call. */
    stackCosts(): Promise<StackCosts>;
    /** The time to create ten builders in several ways, measured on the first call. */
    tenBuilders(): Promise<TenBuilders>;
    /** The cost of a hundred builders in one provider process, measured on the first call. */
    manyBuilders(bridge: Bridge): Promise<ManyBuilders>;
    /** The cost of hundreds of builders on two engines, measured on the first call. */
    scale(): Promise<Scale>;
    /** The cost of builders of the `remote` driver, measured on the first call. */
    remoteBuilders(): Promise<RemoteBuilders>;
    /** The cost of builders of the `kubernetes` driver, measured on the first call. */
    kubernetesBuilders(): Promise<KubernetesBuilders>;
    /** A state to archive and restore, created on the first call. */
    largeState(): Promise<LargeState>;
    /** Does the work of a row. Returns its result and the largest share of the processors that other programs used. */
    measuring<T>(work: () => Promise<T>): Promise<{ result: T; share: number | undefined }>;
}

/** Does some work, and then removes everything that it created, even if it fails or is interrupted. */
export async function withBench<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
    const unique = `bench${randomBytes(4).toString("hex")}`;
    const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-bench-"));
    process.env.BUILDX_CONFIG = join(folder, "buildx");
    const load = new OtherLoad();
    /** The shares of all shared work whose results the current row uses. */
    let shares: (number | undefined)[] = [];
    const shared = <Result>(measure: () => Promise<Result>): (() => Promise<Result>) => {
        const measured = memoize(() => load.during(measure));
        return async () => {
            const { result, share } = await measured();
            shares.push(share);
            return result;
        };
    };
    const started: ProviderProcess[] = [];
    const start = async (bridge: Bridge) => {
        const provider = await ProviderProcess.start(bridge);
        started.push(provider);
        return provider;
    };
    let names = 0;
    const bench: Bench = {
        unique,
        folder,
        name: () => {
            throwIfInterrupted();
            return `${unique}-${names++}-`;
        },
        providers: memoize(async () => ({ dynamic: await start("dynamic"), plugin: await start("plugin") })),
        engine: memoize(async () => {
            const api = await openEngine();
            const sample = await createBuilder(bench.name());
            const optionsOf = await likeBuilder(api, sample.id);
            await deleteBuilder(sample);
            return { api, optionsOf };
        }),
        oneBuilder: shared(() => measureOneBuilder(bench)),
        stackCosts: shared(() => measureStackCosts(unique)),
        tenBuilders: shared(() => measureTenBuilders(bench)),
        manyBuilders: byBridge((bridge) => shared(() => measureManyBuilders(bridge, bench))),
        scale: shared(() => measureScale(unique)),
        remoteBuilders: shared(() => measureRemoteBuilders(bench)),
        kubernetesBuilders: shared(() => measureKubernetesBuilders(bench)),
        largeState: memoize(() => createLargeState(bench)),
        measuring: async (measure) => {
            shares = [];
            const { result, share } = await load.during(measure);
            const known = [share, ...shares].filter((each) => each !== undefined);
            return { result, share: known.length === 0 ? undefined : Math.max(...known) };
        },
    };
    return interruptible(async () => {
        try {
            return await work(bench);
        } finally {
            for (const provider of started) await provider.stop();
            // An aborted call may take effect only after the first check.
            for (let attempt = 0; attempt < 5 && (await leftovers(unique)).length > 0; attempt++)
                await removeLeftovers(unique);
            await rm(folder, { recursive: true, force: true });
        }
    });
}

function byBridge<Result>(make: (bridge: Bridge) => () => Promise<Result>): (bridge: Bridge) => Promise<Result> {
    const both = { dynamic: make("dynamic"), plugin: make("plugin") };
    return (bridge) => both[bridge]();
}
