import { addAbortSignal, type Readable } from "node:stream";
import type { ContainerCreateOptions, ContainerInspectInfo } from "dockerode";
import { extract, pack } from "tar-stream";
import { untilAborted } from "../waiting";
import { type Engine, ifNotFound, statusOf } from "./engine";
import { demultiplex, readAll } from "./streams";

/** A container by name; `undefined` where there is none. */
export const inspectContainer = ({ api }: Engine, name: string): Promise<ContainerInspectInfo | undefined> =>
    api.getContainer(name).inspect().catch(ifNotFound);

/** Whether it runs, and is not one that ended and that the engine is about to start again. */
export const isRunning = (container: ContainerInspectInfo | undefined): boolean =>
    container?.State.Running === true && !container.State.Restarting;

/** Whether it runs, and is not paused: one that is answers nothing. */
export const isResponsive = (container: ContainerInspectInfo | undefined): boolean =>
    isRunning(container) && container?.State.Paused !== true;

/** When it was started last, as the engine writes it; `undefined` for never. */
export const startOf = ({ State: state }: ContainerInspectInfo): string | undefined =>
    state.Status === "created" ? undefined : state.StartedAt;

/** Thrown where a container was to be made and there is one of that name already. */
export class ContainerExistsError extends Error {}

export async function createContainer({ api }: Engine, options: ContainerCreateOptions): Promise<void> {
    await api.createContainer(options).catch((error: unknown) => {
        if (statusOf(error) !== 409) throw error;
        throw new ContainerExistsError(`container ${options.name} exists already`);
    });
}

/** Of the log, how many lines are looked at. */
const logLines = 500;

/** Starts a container; well if it runs. One that is paused goes on. */
export async function startContainer(engine: Engine, name: string): Promise<void> {
    const container = engine.api.getContainer(name);
    try {
        await container.start();
    } catch (error) {
        if (statusOf(error) === 304) return; // it runs already
        if (!(await inspectContainer(engine, name))?.State.Paused) throw error;
        await container.unpause();
    }
}

/** Starts a container that does not run; whether this call did. */
export async function startStopped({ api }: Engine, name: string): Promise<boolean> {
    const answer: unknown = await api
        .getContainer(name)
        .start()
        .catch((error: unknown) => {
            if (statusOf(error) === 304) return false; // it runs already
            throw error;
        });
    return answer !== false;
}

/** Lets a paused container go on; whether this call did. */
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
    return false; // someone else has
}

/** Pauses a container; well if it does not run, or is paused already. */
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
 * Asks a container's process to end; well if there is none.
 *
 * @param seconds after which it is killed.
 * @param signal ends the wait; the engine goes on with it.
 */
export async function stopContainer(
    { api }: Engine,
    name: string,
    seconds: number,
    signal?: AbortSignal,
): Promise<void> {
    const options = { t: seconds, ...(signal && { abortSignal: signal }) };
    const stopped = api.getContainer(name).stop(options).catch(ifStatus(304)).catch(ifNotFound); // 304: it is stopped
    await untilAborted(stopped, signal);
}

/** Ends a container and removes it with its anonymous volumes; well if there is none. */
export async function removeContainer({ api }: Engine, name: string): Promise<void> {
    await api.getContainer(name).remove({ force: true, v: true }).catch(ifNotFound);
}

export async function renameContainer({ api }: Engine, name: string, to: string): Promise<void> {
    await api.getContainer(name).rename({ name: to });
}

/**
 * Copies files into a container, folders 0755 and files 0644.
 *
 * @param folder an absolute path, of which the parent is there already.
 * @param files content by path below the folder.
 */
export async function copyFiles(
    { api }: Engine,
    name: string,
    folder: string,
    files: Readonly<Record<string, Buffer>>,
): Promise<void> {
    const [, parent = "/", base = ""] = /^(.*\/)([^/]+)$/.exec(folder) ?? [];
    const archive = pack();
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

/** Puts one file into a folder that a container has already. */
export async function copyFile(
    { api }: Engine,
    name: string,
    folder: string,
    file: { readonly name: string; readonly content: Buffer },
): Promise<void> {
    const archive = pack();
    archive.entry({ name: file.name, mode: 0o644 }, file.content);
    archive.finalize();
    await api.getContainer(name).putArchive(await readAll(archive), { path: folder });
}

/** The files below a folder of a container, content by path; none where there is no such folder. */
export async function readFilesOf({ api }: Engine, name: string, folder: string): Promise<Record<string, Buffer>> {
    const archive = await api.getContainer(name).getArchive({ path: folder }).catch(ifNotFound);
    if (archive === undefined) return {};
    const files: Record<string, Buffer> = {};
    for await (const entry of archive.pipe(extract())) {
        const { type, name: path } = entry.header;
        const content = await readAll(entry);
        if (type === "file") files[path.split("/").slice(1).join("/")] = content;
    }
    return files;
}

/** The absolute paths that a container has otherwise than its image, without those that it has no longer. */
export async function changedFiles({ api }: Engine, name: string): Promise<Set<string>> {
    const changes = (await api.getContainer(name).changes()) as { Path: string; Kind: number }[] | null;
    const removed = 2;
    return new Set((changes ?? []).filter(({ Kind: kind }) => kind !== removed).map(({ Path: path }) => path));
}

/**
 * The last lines that a container wrote to standard error, where programs tell what is wrong; to standard output where
 * it wrote none to that. The engine does not keep the two in their order.
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
 * Waits until a container has logged something since it was started, or has ended, or the time is over, or its log cannot
 * be followed, or the signal aborts.
 *
 * @param timeout in milliseconds.
 */
export async function waitForLog(engine: Engine, name: string, timeout: number, signal?: AbortSignal): Promise<void> {
    const found = await inspectContainer(engine, name);
    const since = (Date.parse(found?.State.StartedAt ?? "") || 0) / 1000;
    const abortSignal = AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])]);
    const options = { follow: true, stdout: true, stderr: true, since, abortSignal } as const;
    try {
        const log = (await engine.api.getContainer(name).logs(options)) as unknown as Readable;
        for await (const _ of addAbortSignal(abortSignal, log)) return;
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
