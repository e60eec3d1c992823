/**
 * The tar between this process and a helper. It goes through a named pipe if the helper can use the pipe, otherwise
 * through the Engine API. The helper's first line of output says which.
 */
import { addAbortSignal, type Writable } from "node:stream";
import { removeContainer } from "../docker/engine/container";
import { firstLine, freed } from "../streams";
import { type Copying, createHelper, type HelperOptions, type RunningHelper } from "./helperContainer";
import { createPipe, type NamedPipe } from "./pipe";
import { transfers } from "./scripts";

/** A helper that is created, and the pipe if the engine may be on this host. */
export interface TarHelper {
    readonly pipe: NamedPipe | undefined;
    /** Starts the helper. If it does not start with the mounted pipe, it is created again without the pipe. */
    readonly start: <Running>(start: (name: string) => Promise<Running>) => Promise<Running>;
}

/** Runs some work with a new helper, and removes the helper and the pipe after it. */
export async function withTarHelper<Result>(
    copying: Copying,
    use: "read" | "write",
    options: HelperOptions,
    work: (helper: TarHelper) => Promise<Result>,
): Promise<Result> {
    const { engine, signal } = copying;
    const pipe = await createPipe(engine, use);
    try {
        const name = await createHelper(copying, { ...options, pipe });
        try {
            return await work({
                pipe,
                start: (start) =>
                    start(name).catch(async (error: unknown) => {
                        if (pipe === undefined || signal.aborted) throw error;
                        await removeContainer(engine, name);
                        return start(await createHelper(copying, options));
                    }),
            });
        } finally {
            await removeContainer(engine, name);
        }
    } finally {
        await pipe?.close();
    }
}

/** Returns the tar that a helper writes. Each part is valid until the next part is requested. */
export async function receiveTar(
    { signal }: Copying,
    helper: RunningHelper,
    pipe: NamedPipe | undefined,
): Promise<AsyncGenerator<Buffer, void, undefined>> {
    const { usesPipe, rest } = await begin(helper, pipe);
    if (!usesPipe) return rest;
    const stream = addAbortSignal(signal, usesPipe.stream);
    const drained = drain(rest); // with its error output
    return (async function* () {
        yield* freed(stream);
        await drained;
    })();
}

/** Returns the stream for the tar that a helper reads, and the helper's other output. */
export async function sendTar(
    { signal }: Copying,
    helper: RunningHelper & { readonly input: Writable },
    pipe: NamedPipe | undefined,
): Promise<{ input: Writable; output: AsyncGenerator<Buffer, void, undefined> }> {
    const { usesPipe, rest } = await begin(helper, pipe);
    return { input: usesPipe ? addAbortSignal(signal, usesPipe.stream) : helper.input, output: rest };
}

/** Waits until a helper has opened its end of the pipe, or has found that it cannot use the pipe. */
async function begin(helper: RunningHelper, pipe: NamedPipe | undefined) {
    const { line, rest } = await firstLine(helper.output);
    if (line === undefined) {
        await helper.ended(); // throws the reason
        throw new Error("the helper container exited before the copy started");
    }
    const usesPipe = line === transfers.byPipe ? pipe : undefined;
    await (usesPipe ? usesPipe.remove() : pipe?.close());
    return { usesPipe, rest };
}

async function drain(parts: AsyncIterable<Buffer>): Promise<void> {
    try {
        for await (const part of parts) void part;
    } catch {
        // the end of the helper has the reason
    }
}
