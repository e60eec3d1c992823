import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, removeLeftovers } from "./docker";
import type { Project } from "./project";
import { credentials, startRegistry } from "./registry";

export const stock = "moby/buildkit:buildx-stable-1";

/** The `auth` value that docker's configuration has for a user who is logged in. */
export const auth = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");

/** Gives the project its own docker configuration. */
export async function configure(project: Project, config: object): Promise<void> {
    project.env.DOCKER_CONFIG = join(project.folder, "docker");
    await mkdir(project.env.DOCKER_CONFIG, { recursive: true });
    await writeFile(join(project.env.DOCKER_CONFIG, "config.json"), JSON.stringify(config));
}

export interface PrivateImage {
    readonly image: string;
    /** The host of the registry. */
    readonly host: string;
    /** The digest of the image in the registry. */
    readonly digest: string;
    /** Stops the registry. */
    readonly stop: () => void;
}

/**
 * Runs a test with a private image in its own registry. The engine does not have the image.
 *
 * @param options.keep keeps the image on the engine.
 * @param options.folder a parent folder of the image's name in the registry.
 * @param options.of the engine's image to push.
 * @default BuildKit's published image
 */
export async function withPrivateImage(
    project: Project,
    test: (made: PrivateImage) => Promise<void>,
    { keep = false, folder = "", of = stock } = {},
): Promise<void> {
    const registry = await startRegistry(project.folder);
    const { host } = registry;
    const stop = () => registry.stop();
    const image = `${host}/${folder}${project.unique}/buildkit:private`;
    const env = { DOCKER_CONFIG: join(project.folder, "login") };
    try {
        await docker(["tag", of, image]);
        await docker(["login", "--username", credentials.username, "--password", credentials.password, host], { env });
        await docker(["push", "--quiet", image], { env });
        const digests = JSON.parse(await docker(["image", "inspect", "--format", "{{json .RepoDigests}}", image]));
        const [, digest = ""] = (digests as string[]).find((each) => each.startsWith(`${host}/`))?.split("@") ?? [];
        if (!keep) await docker(["rmi", image]);
        await test({ image, host, digest, stop });
    } finally {
        stop();
        await removeLeftovers(project.unique); // or the image would lose its name and remain
        await forget(project, host);
    }
}

/** Removes the names and digests that the pushed and pulled image has on the engine. */
async function forget(project: Project, host: string): Promise<void> {
    const all = await docker(["images", "--all", "--digests", "--format", "{{json .}}"]);
    const names = all
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<"Repository" | "Tag" | "Digest", string>)
        .filter(({ Repository: name }) => name.startsWith(`${host}/`) || name.includes(`${project.unique}/`))
        .flatMap(({ Repository: name, Tag: tag, Digest: digest }) => [
            ...(tag === "<none>" ? [] : [`${name}:${tag}`]),
            ...(digest === "<none>" ? [] : [`${name}@${digest}`]),
        ]);
    for (const name of new Set(names)) await docker(["rmi", "--force", name]).catch(() => {}); // or already removed
}
