import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The password as `htpasswd -B` writes it. */
const passwordHash = "$2b$05$Rk4eZ58oV8AefIzKV7056.rpwLXfqV5csFi71RiaGlJle0M4vYtHy";

export const credentials = { username: "someone", password: "open-sesame-7" };

/** A registry that asks for a name and a password; `stop` ends it. */
export interface Registry {
    host: string;
    stop(): void;
}

export async function startRegistry(folder: string): Promise<Registry> {
    const port = await freePort();
    const home = join(folder, "registry");
    await mkdir(home);
    await writeFile(join(home, "htpasswd"), `${credentials.username}:${passwordHash}\n`);
    await writeFile(
        join(home, "config.yml"),
        JSON.stringify({
            version: 0.1,
            storage: { filesystem: { rootdirectory: join(home, "data") } },
            http: { addr: `127.0.0.1:${port}` },
            auth: { htpasswd: { realm: "test", path: join(home, "htpasswd") } },
        }),
    );
    const child = spawn("registry", ["serve", join(home, "config.yml")], { stdio: "ignore" });
    const ended = new Promise<never>((_, reject) => child.once("error", reject));
    const host = `127.0.0.1:${port}`;
    await Promise.race([answers(`http://${host}/v2/`), ended]);
    return { host, stop: () => child.kill() };
}

async function answers(url: string): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
        const response = await fetch(url).catch(() => undefined);
        if (response?.status === 401) return;
        await sleep(50);
    }
    throw new Error(`nothing answers at ${url}`);
}

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
