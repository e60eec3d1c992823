import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TokenServer } from "./tokenServer";

/** The password as `htpasswd -B` writes it. */
const passwordHash = "$2b$05$Rk4eZ58oV8AefIzKV7056.rpwLXfqV5csFi71RiaGlJle0M4vYtHy";

export const credentials = { username: "someone", password: "open-sesame-7" };

export interface Registry {
    host: string;
    /** The folder with its images. */
    data: string;
    /** Stops the registry. */
    stop(): void;
}

interface RegistryOptions {
    /**
     * The folder for the images, which several registries may share.
     *
     * @default a folder of this registry
     */
    data?: string;
    /**
     * Requires a user name and a password.
     *
     * @default true
     */
    auth?: boolean;
    /**
     * The address to listen on.
     *
     * @default loopback, which only this machine can reach
     */
    address?: string;
    /** Requires a token of this server instead. */
    tokens?: TokenServer["trust"] & { realm: string };
    /** Redirects requests for a blob to this address, followed by the path of the blob's file in `data`. */
    storage?: string;
    /**
     * The registry's own address in its responses, for example `http://localhost:5000`.
     *
     * @default the address of the request
     */
    seenAs?: string;
    /** Speaks HTTPS with this certificate. If `clientCa` is set, clients need a certificate of that authority. */
    tls?: { cert: string; key: string; clientCa?: string };
}

/**
 * Starts a registry.
 *
 * @param folder where the registry creates its own folder.
 */
export async function startRegistry(folder: string, options: RegistryOptions = {}): Promise<Registry> {
    const { auth = true, address = "127.0.0.1", tls, tokens, storage, seenAs } = options;
    const port = await freePort();
    const home = join(folder, `registry-${port}`);
    const { data = join(home, "data") } = options;
    await mkdir(home);
    await writeFile(join(home, "htpasswd"), `${credentials.username}:${passwordHash}\n`);
    const ofTls = tls && {
        certificate: tls.cert,
        key: tls.key,
        ...(tls.clientCa && { clientcas: [tls.clientCa] }),
    };
    await writeFile(
        join(home, "config.yml"),
        JSON.stringify({
            version: 0.1,
            storage: { filesystem: { rootdirectory: data } },
            ...(storage && { middleware: { storage: [{ name: "redirect", options: { baseurl: storage } }] } }),
            http: {
                addr: `${address}:${port}`,
                ...(seenAs && { host: seenAs }),
                ...(ofTls && { tls: ofTls }),
            },
            ...(tokens
                ? { auth: { token: tokens } }
                : auth && { auth: { htpasswd: { realm: "test", path: join(home, "htpasswd") } } }),
        }),
    );
    const child = spawn("registry", ["serve", join(home, "config.yml")], { stdio: "ignore" });
    const ended = new Promise<never>((_, reject) => child.once("error", reject));
    await Promise.race([answers(address, port), ended]);
    return { host: `${address}:${port}`, data, stop: () => child.kill() };
}

async function answers(address: string, port: number): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
        if (await accepts(address, port)) return;
        await sleep(50);
    }
    throw new Error(`no registry responds at ${address}:${port}`);
}

const accepts = (address: string, port: number) =>
    new Promise<boolean>((resolve) => {
        const socket = connect(port, address, () => {
            socket.destroy();
            resolve(true);
        });
        socket.once("error", () => resolve(false));
    });

export function freePort(): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.once("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address() as { port: number };
            server.close(() => resolve(port));
        });
    });
}
