import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer, inspectVolume } from "./docker";
import { build, context } from "./image";
import { resources, state, type YamlProgram } from "./program";
import type { Project } from "./project";
import { must, run } from "./run";

const helperImage = "debian:stable-slim";

const at = (host: string | undefined, ...args: string[]) => (host === undefined ? args : ["--host", host, ...args]);

/** Returns the container of a builder's first node. `volumeOf` returns its volume. */
export const containerOf = (builder: string): string => `buildx_buildkit_${builder}0`;
export const volumeOf = (builder: string): string => `${containerOf(builder)}_state`;

/** Runs a shell script in a container that mounts a volume at `/state`. */
export const onVolume = (volume: string, script: string, host?: string): Promise<string> =>
    docker(at(host, "run", "--rm", "--privileged", "--volume", `${volume}:/state`, helperImage, "sh", "-c", script));

/** Starts a container that mounts a volume at `/held` and keeps running. */
export const hold = (container: string, volume: string): Promise<string> => {
    const mounting = ["run", "--detach", "--name", container, "--volume", `${volume}:/held`];
    return docker([...mounting, "--entrypoint", "sleep", "moby/buildkit:buildx-stable-1", "600"]);
};

/** Lists every entry of a volume as tar does, with its attributes. A copy must have the same list. */
export async function listing(volume: string, host?: string): Promise<string[]> {
    const script =
        "cd /state && tar --create --sort=name --numeric-owner --xattrs '--xattrs-include=*' --exclude=./.restored . | tar --list --verbose --verbose --verbose --xattrs '--xattrs-include=*' --full-time --numeric-owner --file=-";
    const lines = (await onVolume(volume, script, host)).split("\n").map((line) => line.replace(/ +/g, " ")); // columns
    return lines.filter((line) => line !== "" && !line.endsWith(" ./"));
}

/** Returns the names at the root of a volume; `undefined` if the volume does not exist. */
export async function entriesOf(volume: string, host?: string): Promise<string[] | undefined> {
    if ((await inspectVolume(volume, host)) === undefined) return undefined;
    return (await onVolume(volume, "ls -A1 /state", host)).split("\n").filter((name) => name !== "");
}

/** Creates a volume with the content of a small state. */
export async function createState(volume: string, host?: string): Promise<void> {
    await docker(at(host, "volume", "create", volume));
    await onVolume(
        volume,
        "mkdir /state/runc-overlayfs && head -c 3000000 /dev/urandom >/state/runc-overlayfs/data; echo cache >/state/cache.db",
        host,
    );
}

/** The names at the root of the volume that `createState` creates. */
export const stateEntries = ["cache.db", "runc-overlayfs"];

/** Returns the names at the root of a restored volume, without the name that the restore adds. */
export const restoredEntriesOf = async (volume: string, host?: string): Promise<string[] | undefined> =>
    (await entriesOf(volume, host))?.filter((name) => name !== ".restored");

/**
 * Creates a build with whiteouts, opaque folders, links and attributes in its layers. The steps are the same each time.
 */
export const layered = (project: Project): Promise<string> =>
    context(
        project,
        `FROM scratch
COPY busybox /bin/sh
RUN mkdir -p /a/b /c && date > /a/b/one && date > /a/b/two && date > /c/gone && ln /a/b/one /a/b/linked
RUN rm -r /a/b /c/gone && mkdir /a/b && date > /a/b/three && chmod 6755 /a/b/three && ln -s ../../../../../c /a/b/up
RUN test ! -e /a/b/one && test ! -e /c/gone && test -e /a/b/three && date > /last
`,
    );

/** The number of steps of that build that can come from the cache. */
export const layers = 4;

export const isRunning = async (container: string, host?: string): Promise<boolean | undefined> =>
    (await inspectContainer(container, host))?.State.Running;

/** Writes a program that runs `archiveState`, and returns its path. */
export async function archiver(project: Project): Promise<string> {
    const path = join(project.folder, "archive.js");
    await writeFile(
        path,
        `const { archiveState } = require("pulumi-buildx/archive"); // without Pulumi
        const [, , args] = process.argv;
        archiveState(JSON.parse(args)).then(
            (result) => console.log(JSON.stringify(result)),
            (error) => { console.error(error.message); process.exitCode = 1; },
        );\n`,
    );
    return path;
}

export interface Archived {
    location: string;
    sha256: string;
    bytes: number;
    size: number;
    buildkitVersion: string;
    stoppedFor: number;
}

export const archive = async (project: Project, args: object): Promise<Archived> =>
    JSON.parse(
        await must("node", [await archiver(project), JSON.stringify(args)], { cwd: project.folder, env: project.env }),
    ) as Archived;

/** Runs an archive that must fail. Returns its output. */
export async function archiveFails(project: Project, args: object): Promise<string> {
    const options = { cwd: project.folder, env: project.env };
    const { code, output } = await run("node", [await archiver(project), JSON.stringify(args)], options);
    if (code === 0) throw new Error(`the archive did not fail, but must fail:\n${output}`);
    return output;
}

/** Changes the bytes of a file. */
export async function change(path: string, edit: (content: Buffer) => Buffer): Promise<void> {
    await writeFile(path, edit(await readFile(path)));
}

/** Returns the name of the builder whose state a test restores, and the name of its volume. */
export const restoredName = ({ unique }: Project): string => `${unique}-restored`;
export const restoredVolume = (project: Project): string => volumeOf(restoredName(project));

/** Returns a program with a state that is restored. */
export const restoring = (project: Project, restoreFrom: unknown, args: object = {}): YamlProgram =>
    resources({ restored: state({ builderName: restoredName(project), restoreFrom, ...args }) });

/** Creates a builder with buildx, builds with it, and removes all but its volume. Returns the folder of the build. */
export async function volumeKeptByBuildx(project: Project): Promise<string> {
    const { unique } = project;
    await project.buildx("create", "--name", unique, "--driver", "docker-container", "--bootstrap");
    const folder = await context(project);
    await build(project, unique, folder);
    await project.buildx("rm", "--keep-state", unique);
    return folder;
}
