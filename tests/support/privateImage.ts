import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, removeLeftovers } from "./docker";
import type { Project } from "./project";
import { credentials, startRegistry } from "./registry";

export const stock = "moby/buildkit:buildx-stable-1";

/** What docker's configuration has for one who is logged in. */
export const auth = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");

/** Gives the project a docker configuration of its own. */
export async function configure(project: Project, config: object): Promise<void> {
    project.env.DOCKER_CONFIG = join(project.folder, "docker");
    await mkdir(project.env.DOCKER_CONFIG, { recursive: true });
    await writeFile(join(project.env.DOCKER_CONFIG, "config.json"), JSON.stringify(config));
}

export interface PrivateImage {
    readonly image: string;
    /** The registry's. */
    readonly host: string;
    /** Under which the registry has it. */
    readonly digest: string;
    /** Ends the registry. */
    readonly stop: () => void;
}

/**
 * A private image on a registry of the test's own, which the engine does not have.
 *
 * @param options.keep leave it on the engine.
 * @param options.folder a folder in the registry above the image's own.
 * @param options.of another image of the engine's than the stock one of BuildKit.
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
        await removeLeftovers(project.unique); // or the image would stay without a name
        await forget(project, host);
    }
}

/** The stock image keeps the names and digests that it was pushed and pulled under. */
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
    for (const name of new Set(names)) await docker(["rmi", "--force", name]).catch(() => {}); // goes with another
}
