import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { VolumeInspectInfo } from "dockerode";
import { docker } from "./docker";
import { must } from "./run";

/** QEMU's published image. */
export const stockQemu = "tonistiigi/binfmt:latest";

const folder = "/proc/sys/fs/binfmt_misc";

const isMounted = () => existsSync(join(folder, "register"));

/** Mounts binfmt_misc. It needs root on Linux, as do the tests that use it. */
export const mountBinfmt = () => must("mount", ["-t", "binfmt_misc", "binfmt_misc", folder]);
export const unmountBinfmt = () => must("umount", [folder]);

/** Returns the emulators that this machine's kernel has registered. */
export const registered = async (): Promise<string[]> =>
    (await readdir(folder)).filter((name) => name.startsWith("qemu-")).sort();

/** Returns a mark of an emulator that changes when the emulator is registered again. */
export const markOf = async (emulator: string): Promise<string> =>
    (await must("stat", ["--format", "%i", join(folder, emulator)])).trim();

/** Unregisters an emulator, as another process or a restart of the machine would. */
export const unregister = (emulator: string): Promise<void> => writeFile(join(folder, emulator), "-1");

export const install = (...architectures: string[]): Promise<string> =>
    docker(["run", "--rm", "--privileged", stockQemu, "--install", architectures.join(",")]);

/**
 * Runs a test on a machine without emulators and restores the machine's own emulators afterwards. All tests that use it
 * must be in `tests/host`, where nothing else runs at the same time.
 */
export const withoutEmulators = (test: () => Promise<void>) => async () => {
    const wasMounted = isMounted();
    if (!wasMounted) await mountBinfmt();
    const before = await Promise.all((await registered()).map(describe));
    const claims = await claimed();
    try {
        for (const { name } of before) await unregister(name);
        await removeClaims();
        await test();
    } finally {
        if (!isMounted()) await mountBinfmt();
        for (const name of await registered()) await unregister(name);
        for (const emulator of before) await register(emulator);
        await removeClaims();
        for (const { Name, Labels } of claims) {
            const labels = Object.entries(Labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
            await docker(["volume", "create", ...labels, Name]);
        }
        if (!wasMounted) await unmountBinfmt();
    }
};

/** Returns the volumes by which resources claim emulators. */
export async function claimed(): Promise<VolumeInspectInfo[]> {
    const label = "label=io.github.pulumi-buildx.emulators";
    const names = (await docker(["volume", "ls", "--quiet", "--filter", label])).split("\n").filter(Boolean);
    return names.length === 0 ? [] : JSON.parse(await docker(["volume", "inspect", ...names]));
}

async function removeClaims(): Promise<void> {
    for (const { Name } of await claimed()) await docker(["volume", "rm", Name]);
}

interface Emulator {
    readonly name: string;
    readonly fields: Readonly<Record<string, string>>;
}

async function describe(name: string): Promise<Emulator> {
    const text = await readFile(join(folder, name), "utf8");
    const fields = text.split("\n").map((line) => /^(\w+):? (.*)$/.exec(line)?.slice(1) ?? [line, ""]);
    return { name, fields: Object.fromEntries(fields) };
}

async function register({ name, fields }: Emulator): Promise<void> {
    const { interpreter = "", flags = "", offset = "0", magic = "", mask = "" } = fields;
    // An emulator from an image is a file in that image. Only a container of the image can name the file.
    if (!existsSync(interpreter)) {
        const entry = Object.entries(architectures).find(([, emulator]) => emulator === name);
        await install(entry?.[0] ?? name.replace("qemu-", ""));
        return;
    }
    const hex = (digits: string) => digits.replace(/../g, "\\x$&");
    const line = `:${name}:M:${offset}:${hex(magic)}:${hex(mask)}:${interpreter}:${flags}`;
    await writeFile(join(folder, "register"), line);
    if ("disabled" in fields) await writeFile(join(folder, name), "0");
}

const architectures = {
    "386": "qemu-i386",
    amd64: "qemu-x86_64",
    arm64: "qemu-aarch64",
    loong64: "qemu-loongarch64",
    mips64le: "qemu-mips64el",
};
