import { constants, existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
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
    /** The folder of the registry. */
    readonly data: string;
    /** Stops the registry. */
    readonly stop: () => void;
}

/**
 * Runs a test with a private image in its own registry. The engine does not have the image.
 *
 * @param options.keep tags the image on the engine with its name in the registry.
 * @param options.folder a parent folder of the image's name in the registry.
 * @param options.of the engine's image.
 * @default BuildKit's published image
 */
export async function withPrivateImage(
    project: Project,
    test: (made: PrivateImage) => Promise<void>,
    { keep = false, folder = "", of = stock } = {},
): Promise<void> {
    const name = `${folder}${project.unique}/buildkit`;
    const { data, digest } = await dataWith(project, of, name);
    const registry = await startRegistry(project.folder, { data });
    const { host } = registry;
    const stop = () => registry.stop();
    const image = `${host}/${name}:private`;
    try {
        if (keep) await docker(["tag", of, image]);
        await test({ image, host, digest, data, stop });
    } finally {
        stop();
        await removeLeftovers(project.unique); // or the image would lose its name and remain
        await forget(project, host);
    }
}

const repositories = "docker/registry/v2/repositories";

/** Creates the folder of a registry that has an image with the tag `private`. Returns the digest of the image, too. */
async function dataWith(project: Project, of: string, name: string): Promise<{ data: string; digest: string }> {
    const pushed = await dataOf(of);
    const data = join(project.folder, "registry-data");
    await cp(pushed, data, { recursive: true, mode: constants.COPYFILE_FICLONE });
    const all = join(data, repositories);
    await cp(join(all, "pushed"), join(all, name), { recursive: true });
    const digest = await readFile(join(all, "pushed/_manifests/tags/private/current/link"), "utf8");
    return { data, digest };
}

/** Pushes an image to a registry and returns the registry's folder. An image is pushed once, because a push is slow. */
async function dataOf(of: string): Promise<string> {
    const id = (await docker(["image", "inspect", "--format", "{{.Id}}", of])).trim().replace(/^sha256:/, "");
    const pushed = join(tmpdir(), `pulumi-buildx-test-registry-${id.slice(0, 16)}`);
    if (existsSync(pushed)) return pushed;
    const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-test-pushed-"));
    const registry = await startRegistry(folder, { auth: false });
    const image = `${registry.host}/pushed:private`;
    try {
        await docker(["tag", of, image]);
        await docker(["push", "--quiet", image]);
        await rename(registry.data, pushed).catch((error: NodeJS.ErrnoException) => {
            if (!existsSync(pushed)) throw error; // another test was faster
        });
        return pushed;
    } finally {
        registry.stop();
        await docker(["rmi", image]);
        await rm(folder, { recursive: true, force: true });
    }
}

/** Commits an image of the same BuildKit with another digest, and gives it a tag. Returns its id. */
export async function newerImage(project: Project, tag: string): Promise<string> {
    const container = `${project.unique}-newer`;
    await docker(["create", "--name", container, stock]);
    try {
        return (await docker(["commit", "--change", `LABEL newer=${project.unique}`, container, tag])).trim();
    } finally {
        await docker(["rm", "--volumes", container]);
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
