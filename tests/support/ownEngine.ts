import { spawn } from "node:child_process";
import { access, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { docker } from "./docker";
import { must, run } from "./run";

export interface OwnEngineOptions {
    /** The content of `/etc/docker/daemon.json`. */
    readonly config?: object;
    /** Arguments of dockerd, in addition to those that separate it from other engines. */
    readonly args?: readonly string[];
    /**
     * Environment variables of dockerd, in addition to those of this process, for example a `PATH` with more programs.
     */
    readonly env?: NodeJS.ProcessEnv;
    /**
     * The images that the engine gets from the machine's engine.
     *
     * @default BuildKit's image
     */
    readonly images?: readonly string[];
}

/** An engine that a test may restart, break and configure. */
export interface OwnEngine {
    /** A folder for the files of the test. It is removed with the engine. */
    readonly folder: string;
    /** The engine's socket. It stays the same after restarts. */
    readonly host: string;
    /** Runs the docker CLI with this engine. */
    docker(args: string[]): Promise<string>;
    /** Stops the engine. Its data is kept. */
    stop(): Promise<void>;
    /**
     * Stops the engine if it runs, and starts it again. Options that are not given keep their values.
     *
     * @param options.fresh removes the engine's data first, as if another machine had the same address.
     */
    restart(options?: OwnEngineOptions & { readonly fresh?: boolean }): Promise<void>;
}

/**
 * Runs a test with its own engine, then removes the engine with all its data, even if the test fails. The engine has
 * its own network, from which it reaches neither this machine nor another one. It needs root on Linux.
 */
export async function withOwnEngine(
    options: OwnEngineOptions,
    test: (engine: OwnEngine) => Promise<void>,
): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "pbx-engine-"));
    const host = `unix://${join(folder, "docker.sock")}`;
    let current: Required<OwnEngineOptions> = { config: {}, args: [], env: {}, images: [buildkitImage], ...options };
    const engine: OwnEngine = {
        folder,
        host,
        docker: (args) => docker(["--host", host, ...args]),
        stop: () => end(folder),
        restart: async ({ fresh = false, ...changed } = {}) => {
            current = { ...current, ...changed };
            await end(folder);
            if (fresh) await removeData(folder);
            await start(folder, host, current);
        },
    };
    try {
        await start(folder, host, current);
        await test(engine);
    } finally {
        const left = await run("docker", ["--host", host, "ps", "--all", "--quiet"]);
        const containers = left.code === 0 ? left.stdout.split("\n").filter((id) => id !== "") : [];
        if (containers.length > 0) await run("docker", ["--host", host, "rm", "--force", ...containers]);
        await end(folder);
        await removeData(folder);
        await rm(folder, { recursive: true, force: true });
    }
}

const buildkitImage = "moby/buildkit:buildx-stable-1";

async function start(folder: string, host: string, { config, args, env, images }: Required<OwnEngineOptions>) {
    const settings = join(folder, "daemon.json");
    const logPath = join(folder, "dockerd.log");
    await mkdir(join(folder, "data"), { recursive: true });
    await writeFile(settings, JSON.stringify(config));
    const log = await open(logPath, "a");
    const places = ["data-root=data", "exec-root=run", "pidfile=docker.pid"].map((place) => {
        const [name, path] = place.split("=") as [string, string];
        return [`--${name}`, join(folder, path)];
    });
    const dockerd = [await programOfEngine(), "--host", host, "--config-file", settings, ...places.flat(), ...args];
    // The network is removed when dockerd exits, and dockerd exits with this process.
    const inNetwork = [
        "--pdeathsig",
        "TERM",
        "unshare",
        "--net",
        "sh",
        "-c",
        'ip link set lo up; exec "$@"',
        "dockerd",
    ];
    const server = spawn("setpriv", [...inNetwork, ...dockerd], {
        env: { ...process.env, ...env },
        stdio: ["ignore", log.fd, log.fd],
    });
    await log.close();
    let hasEnded = false;
    server.once("exit", () => (hasEnded = true));
    server.once("error", () => (hasEnded = true));
    server.unref();
    const answers = async () => (await run("docker", ["--host", host, "version"])).code === 0;
    for (let attempt = 0; !(await answers()); attempt++) {
        if (hasEnded || attempt === 240) {
            const lines = (await readFile(logPath, "utf8")).trimEnd().split("\n");
            throw new Error(`the test's own engine did not start:\n${lines.slice(-10).join("\n")}`);
        }
        await sleep(250);
    }
    for (const image of images) {
        if ((await run("docker", ["--host", host, "image", "inspect", image])).code === 0) continue;
        await must("sh", ["-c", 'docker save "$1" | docker --host "$2" load --quiet', "sh", image, host]);
    }
}

/** Returns the engine's program that `environment/up` starts, which may be newer than the machine's own. */
async function programOfEngine(): Promise<string> {
    const { ENVIRONMENT_CACHE, XDG_CACHE_HOME } = process.env;
    const cache = ENVIRONMENT_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "pulumi-buildx");
    const path = join(cache, "dockerd/root/usr/sbin/dockerd");
    return access(path).then(
        () => path,
        () => "dockerd",
    );
}

/** Stops the engine, and then the processes that it started: its containerd and the processes of its containers. */
async function end(folder: string): Promise<void> {
    const pid = await readFile(join(folder, "docker.pid"), "utf8").catch(() => undefined);
    if (pid !== undefined && (await processesOf(folder)).includes(Number(pid))) {
        signal(Number(pid), "SIGTERM");
        for (let attempt = 0; attempt < 300 && (await processesOf(folder)).includes(Number(pid)); attempt++) {
            await sleep(100);
        }
    }
    for (let attempt = 0; attempt < 50; attempt++) {
        const left = await processesOf(folder);
        if (left.length === 0) break;
        for (const each of left) signal(each, "SIGKILL");
        await sleep(100);
    }
    for (const name of ["docker.pid", "docker.sock", "run"]) await removeTree(join(folder, name));
}

const removeData = (folder: string): Promise<void> => removeTree(join(folder, "data"));

/** Unmounts everything in a folder, then removes the folder. */
async function removeTree(path: string): Promise<void> {
    const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
    for (const mount of mounts.reverse()) if (mount.startsWith(`${path}/`)) await run("umount", ["--lazy", mount]);
    await rm(path, { recursive: true, force: true });
}

/** Returns the processes whose command line contains a folder: dockerd, containerd and its shims. */
async function processesOf(folder: string): Promise<number[]> {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(
        pids.map(async (pid) => {
            const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
            return command.includes(`${folder}/`) && Number(pid) !== process.pid ? Number(pid) : 0;
        }),
    );
    return found.filter((pid) => pid !== 0);
}

function signal(pid: number, name: NodeJS.Signals): void {
    try {
        process.kill(pid, name);
    } catch {
        // the process has already exited
    }
}
