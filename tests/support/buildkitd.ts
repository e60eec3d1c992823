/** BuildKit daemons that run outside of any builder, for builders of the `remote` driver. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { certify, makeAuthority } from "./certificates";
import { docker } from "./docker";
import type { Project } from "./project";
import { freePort } from "./registry";
import { run } from "./run";

/** The PEM files of a client, and what the daemon's authority signs. */
export interface ClientFiles {
    readonly ca: string;
    readonly cert: string;
    readonly key: string;
}

/** A buildkitd in a plain container. It is removed with the project. */
export interface Buildkitd {
    readonly container: string;
    /** `tcp://127.0.0.1:port`. */
    readonly tcp: string;
    /** The same daemon at a socket of this machine. */
    readonly unix: string;
    /** The files of a client if the daemon requires TLS. */
    readonly files: ClientFiles;
    /** Another client of an authority that the daemon does not know. */
    readonly stranger: ClientFiles;
    readonly start: () => Promise<unknown>;
    readonly stop: () => Promise<unknown>;
}

export interface BuildkitdOptions {
    /** Whether the port requires the certificate of a client. */
    readonly tls?: boolean;
    readonly image?: string;
    /** Whether to only create the container. */
    readonly isStopped?: boolean;
    readonly port?: number;
}

/** Creates a buildkitd, with its certificates in a folder of the project. Unless it is stopped, it responds afterwards. */
export async function startBuildkitd(
    project: Pick<Project, "folder" | "unique">,
    name: string,
    { tls = false, image = "moby/buildkit:buildx-stable-1", isStopped = false, port }: BuildkitdOptions = {},
): Promise<Buildkitd> {
    const folder = join(project.folder, `buildkitd-${name}`);
    const container = `${project.unique}-${name}`;
    await mkdir(join(folder, "run"), { recursive: true });
    const certificates = await makeCertificates(folder);
    const tcp = `tcp://127.0.0.1:${port ?? (await freePort())}`;
    const mounts = ["--volume", `${folder}:/certs:ro`, "--volume", `${join(folder, "run")}:/run/buildkit`];
    const secured = ["--tlscacert", "/certs/authority.crt", "--tlscert", "/certs/server.crt", "--tlskey"];
    const args = [
        ...["--addr", tcp, "--addr", "unix:///run/buildkit/buildkitd.sock"],
        ...(tls ? [...secured, "/certs/server.key"] : []),
    ];
    const create = ["create", "--privileged", "--network", "host", "--name", container, ...mounts, image, ...args];
    await docker(create);
    const start = () => docker(["start", container]);
    if (!isStopped) {
        await start();
        await untilReady(container);
    }
    return {
        container,
        tcp,
        unix: `unix://${join(folder, "run", "buildkitd.sock")}`,
        ...certificates,
        start,
        stop: () => docker(["stop", "--time", "1", container]),
    };
}

async function untilReady(container: string): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
        const { code } = await run("docker", ["exec", container, "buildctl", "debug", "workers"]);
        if (code === 0) return;
        await sleep(50);
    }
    throw new Error(`${container} does not respond: ${await docker(["logs", container])}`);
}

async function makeCertificates(folder: string): Promise<Pick<Buildkitd, "files" | "stranger">> {
    const [authority, other] = await Promise.all([makeAuthority(folder, "authority"), makeAuthority(folder, "other")]);
    await certify(folder, "server", authority);
    const client = await certify(folder, "client", authority);
    const stranger = await certify(folder, "stranger", other);
    return { files: { ca: authority.cert, ...client }, stranger: { ca: authority.cert, ...stranger } };
}

/** Writes a `buildctl` that runs in the container of a daemon. Returns the folder with it, for a `PATH`. */
export async function buildctlOf(project: Project, { container }: Buildkitd): Promise<string> {
    const folder = join(project.folder, "programs");
    await mkdir(folder, { recursive: true });
    const path = join(folder, "buildctl");
    await writeFile(path, `#!/bin/sh\nexec docker exec -i ${container} buildctl "$@"\n`);
    await chmod(path, 0o755);
    return folder;
}
