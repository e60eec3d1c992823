import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Certified, certify, makeAuthority } from "./certificates";
import { bridgeAddress, docker } from "./docker";
import { context } from "./image";
import type { Project } from "./project";
import { type Registry, startRegistry } from "./registry";
import { run } from "./run";

/** Registries with the same images, reachable from inside a container. */
export interface Registries {
    /** HTTPS with a certificate of `authority`. Clients need a user name and a password. */
    readonly guarded: string;
    /** HTTPS with a certificate of `authority`. Clients need a certificate of `authority` too. */
    readonly mutual: string;
    /** HTTP, for every client. */
    readonly plain: string;
    readonly authority: Certified;
    /** A client certificate of `authority`. */
    readonly client: Certified;
    /** The name of an image that each of these registries has and no other registry has. */
    readonly base: string;
}

/** Runs a test with its own registries and stops them afterwards, even if the test fails. */
export async function withRegistries(project: Project, test: (made: Registries) => Promise<void>): Promise<void> {
    const folder = join(project.folder, "registries");
    const data = join(folder, "data");
    await mkdir(folder);
    const address = await bridgeAddress();
    const authority = await makeAuthority(folder, "authority");
    const server = await certify(folder, "server", authority, address);
    const client = await certify(folder, "client", authority);
    const base = `${project.unique}/base`;
    const started: Registry[] = [];
    const start = async (options: Parameters<typeof startRegistry>[1]) => {
        const registry = await startRegistry(folder, { data, address, auth: false, ...options });
        started.push(registry);
        return registry.host;
    };
    try {
        await push(project, await start({ address: "127.0.0.1" }), base);
        const [guarded, mutual, plain] = await Promise.all([
            start({ auth: true, tls: server }),
            start({ tls: { ...server, clientCa: authority.cert } }),
            start({}),
        ]);
        await test({ guarded, mutual, plain, authority, client, base });
    } finally {
        for (const registry of started) registry.stop();
    }
}

/** Pushes an image that contains a shell. */
async function push(project: Project, host: string, name: string): Promise<void> {
    const image = `${host}/${name}`;
    const folder = await context(project, "FROM scratch\nCOPY busybox /bin/sh\n");
    try {
        await docker(["buildx", "build", "--builder", "default", "--load", "--tag", image, folder]);
        await docker(["push", "--quiet", image]);
    } finally {
        await run("docker", ["rmi", "--force", image]);
    }
}
