import { addAbortSignal, type Readable } from "node:stream";
import type { ContainerCreateOptions, ContainerInspectInfo } from "dockerode";
import { untilAborted } from "../../waiting";
import { type Engine, ifNotFound, statusOf } from "./engine";
import { demultiplex, readAll } from "../../streams";

/** Returns a container by name, or `undefined` if it does not exist. */
export const inspectContainer = ({ api }: Engine, name: string): Promise<ContainerInspectInfo | undefined> =>
    api.getContainer(name).inspect().catch(ifNotFound);

/** Whether a container is running. A container that exited and that the engine is about to restart is not running. */
export const isRunning = (container: ContainerInspectInfo | undefined): boolean =>
    container?.State.Running === true && !container.State.Restarting;

/** Whether a container is running and not paused. A paused container does not respond. */
export const isResponsive = (container: ContainerInspectInfo | undefined): boolean =>
    isRunning(container) && container?.State.Paused !== true;

/** Returns when a container was last started, as the engine writes it, or `undefined` if it was never started. */
export const startOf = ({ State: state }: ContainerInspectInfo): string | undefined =>
    state.Status === "created" ? undefined : state.StartedAt;

/** Thrown if a container cannot be created because a container of that name already exists. */
export class ContainerExistsError extends Error {}

export async function createContainer({ api }: Engine, options: ContainerCreateOptions): Promise<void> {
    await api.createContainer(options).catch((error: unknown) => {
        if (statusOf(error) !== 409) throw error;
        throw new ContainerExistsError(`container ${options.name} already exists`);
    });
}

/** How many lines of a log are read. */
const logLines = 500;

/** Starts a container. Does nothing if it is running. Unpauses it if it is paused. */
export async function startContainer(engine: Engine, name: string): Promise<void> {
    const container = engine.api.getContainer(name);
    try {
        await container.start();
    } catch (error) {
        if (statusOf(error) === 304) return; // it is already running
        if (!(await inspectContainer(engine, name))?.State.Paused) throw error;
        await container.unpause();
    }
}

/** Starts a container if it is not running. Returns whether this call started it. */
export async function startStopped({ api }: Engine, name: string): Promise<boolean> {
    const answer: unknown = await api
        .getContainer(name)
        .start()
        .catch((error: unknown) => {
            if (statusOf(error) === 304) return false; // it is already running
            throw error;
        });
    return answer !== false;
}

/** Unpauses a container if it is paused. Returns whether this call unpaused it. */
export async function unpauseContainer({ api }: Engine, name: string): Promise<boolean> {
    const answer: unknown = await api
        .getContainer(name)
        .unpause()
        .catch((error: unknown) => {
            if (statusOf(error) === 409 || statusOf(error) === 500) return error;
            throw error;
        });
    const { State: state } = await api.getContainer(name).inspect();
    if (!(answer instanceof Error)) return true;
    if (state.Paused) throw answer;
    return false; // it was not paused, or another process unpaused it
}

/** Pauses a container. Does nothing if it is not running or is already paused. */
export async function pauseContainer(engine: Engine, name: string): Promise<void> {
    await engine.api
        .getContainer(name)
        .pause()
        .catch(async (error: unknown) => {
            const found = await inspectContainer(engine, name);
            if (isResponsive(found)) throw error;
        });
}

/**
 * Stops a container. Does nothing if it does not exist or is already stopped.
 *
 * @param seconds how long the process may take before the engine kills it.
 * @param signal ends the wait. The engine stops the container nevertheless.
 */
export async function stopContainer(
    { api }: Engine,
    name: string,
    seconds: number,
    signal?: AbortSignal,
): Promise<void> {
    const options = { t: seconds, ...(signal && { abortSignal: signal }) };
    const stopped = api.getContainer(name).stop(options).catch(ifStatus(304)).catch(ifNotFound); // 304: already stopped
    await untilAborted(stopped, signal);
}

/**
 * Kills a container and removes it with its anonymous volumes. Does nothing if it does not exist. If the engine is
 * already removing it, as it does with `AutoRemove`, waits for the end of that removal.
 */
export async function removeContainer({ api }: Engine, name: string): Promise<void> {
    const container = api.getContainer(name);
    try {
        await container.remove({ force: true, v: true }).catch(ifNotFound);
    } catch (error) {
        if (!(error instanceof Error) || !/already in progress/.test(error.message)) throw error;
        await container.wait({ condition: "removed" }).catch(ifNotFound);
    }
}

export async function renameContainer({ api }: Engine, name: string, to: string): Promise<void> {
    await api.getContainer(name).rename({ name: to });
}

/** A preview or a refresh copies no files. */
const loadTar = () => import("tar-stream");

/**
 * Copies files into a container. Folders have mode 0755, files 0644.
 *
 * @param folder an absolute path. Its parent folder must exist in the container.
 * @param files the content of each file by its path below the folder.
 */
export async function copyFiles(
    { api }: Engine,
    name: string,
    folder: string,
    files: Readonly<Record<string, Buffer>>,
): Promise<void> {
    const [, parent = "/", base = ""] = /^(.*\/)([^/]+)$/.exec(folder) ?? [];
    const archive = (await loadTar()).pack();
    const folders = new Set([base]);
    for (const path of Object.keys(files)) {
        const parts = path.split("/").slice(0, -1);
        for (const index of parts.keys()) folders.add([base, ...parts.slice(0, index + 1)].join("/"));
    }
    for (const each of folders) archive.entry({ name: `${each}/`, type: "directory", mode: 0o755 });
    for (const [path, content] of Object.entries(files)) {
        archive.entry({ name: `${base}/${path}`, mode: 0o644 }, content);
    }
    archive.finalize();
    await api.getContainer(name).putArchive(await readAll(archive), { path: parent });
}

/** Copies one file with mode 0644 into an existing folder of a container. */
export async function copyFile(
    { api }: Engine,
    name: string,
    folder: string,
    file: { readonly name: string; readonly content: Buffer },
): Promise<void> {
    const archive = (await loadTar()).pack();
    archive.entry({ name: file.name, mode: 0o644 }, file.content);
    archive.finalize();
    await api.getContainer(name).putArchive(await readAll(archive), { path: folder });
}

/**
 * Returns the content of each file below a folder of a container, by path. Returns no files if the folder does not
 * exist.
 */
export async function readFilesOf({ api }: Engine, name: string, folder: string): Promise<Record<string, Buffer>> {
    const archive = await api.getContainer(name).getArchive({ path: folder }).catch(ifNotFound);
    if (archive === undefined) return {};
    const files: Record<string, Buffer> = {};
    const { extract } = await loadTar();
    for await (const entry of archive.pipe(extract())) {
        const { type, name: path } = entry.header;
        const content = await readAll(entry);
        if (type === "file") files[path.split("/").slice(1).join("/")] = content;
    }
    return files;
}

/** Returns the absolute paths that a container added to its image or changed. Removed paths are left out. */
export async function changedFiles({ api }: Engine, name: string): Promise<Set<string>> {
    const changes = (await api.getContainer(name).changes()) as { Path: string; Kind: number }[] | null;
    const removed = 2;
    return new Set((changes ?? []).filter(({ Kind: kind }) => kind !== removed).map(({ Path: path }) => path));
}

/**
 * Returns the last lines that a container wrote to standard error, where programs report errors. If there are none,
 * returns the last lines of standard output. The engine does not keep the order between the two streams.
 */
export async function lastLogLines({ api }: Engine, name: string, lines: number): Promise<string> {
    const raw = await api
        .getContainer(name)
        .logs({ stdout: true, stderr: true, tail: logLines })
        .catch(() => Buffer.alloc(0)); // some log drivers cannot be read
    const text = demultiplex(raw as Buffer, "stderr").trimEnd() || demultiplex(raw as Buffer, "stdout").trimEnd();
    return text.split("\n").slice(-lines).join("\n");
}

/**
 * Follows the log that a container has written since it was started. Ends if the container exits, the timeout is over,
 * the log cannot be followed, or the signal aborts.
 *
 * @param timeout in milliseconds.
 * @returns the whole text so far, each time there is more. Only ASCII characters are decoded.
 */
export async function* followLog(
    { api }: Engine,
    { Id: id, State: state }: ContainerInspectInfo,
    timeout: number,
    signal?: AbortSignal,
): AsyncGenerator<string, void, undefined> {
    const since = (Date.parse(state.StartedAt) || 0) / 1000;
    const abortSignal = AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])]);
    const options = { follow: true, stdout: true, stderr: true, since, abortSignal } as const;
    let text = "";
    try {
        const log = (await api.getContainer(id).logs(options)) as unknown as Readable;
        for await (const part of addAbortSignal(abortSignal, log)) yield (text += (part as Buffer).toString("latin1"));
    } catch {
        return; // some log drivers cannot be read
    }
}

function ifStatus(status: number): (error: unknown) => undefined {
    return (error) => {
        if (statusOf(error) === status) return undefined;
        throw error;
    };
}
