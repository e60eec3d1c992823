import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { docker } from "./docker";
import type { Project } from "./project";
import type { Certificates } from "./engines";

/** The folder with the plugins of the docker CLI that the tests use. */
const pluginsFolder = join(process.env.DOCKER_CONFIG || join(homedir(), ".docker"), "cli-plugins");

/** Gives a project its own docker configuration without contexts. The buildx plugin remains available. */
export async function isolateDockerConfig({ env, folder }: Project): Promise<string> {
    env.DOCKER_CONFIG = join(folder, "docker");
    await mkdir(env.DOCKER_CONFIG);
    await changeDockerConfig(env.DOCKER_CONFIG, {});
    return env.DOCKER_CONFIG;
}

/** Writes a `config.json` with the given settings. */
export const changeDockerConfig = (folder: string, settings: object): Promise<void> =>
    writeFile(join(folder, "config.json"), JSON.stringify({ cliPluginsExtraDirs: [pluginsFolder], ...settings }));

/** Creates a docker context as a user would. */
export async function createContext(
    { env }: Project,
    name: string,
    host: string,
    certificates?: Certificates,
): Promise<void> {
    const { ca, cert, key } = certificates?.paths ?? {};
    const tls = certificates ? `,ca=${ca},cert=${cert},key=${key}` : "";
    await docker(["context", "create", name, "--docker", `host=${host}${tls}`], { env });
}

/** Returns a context as docker itself reports it. */
export async function inspectContext({ env }: Project, name: string): Promise<DockerContext> {
    return (JSON.parse(await docker(["context", "inspect", name], { env })) as [DockerContext])[0];
}

interface DockerContext {
    Name: string;
    Metadata: Record<string, unknown>;
    Endpoints: { docker: { Host: string; SkipTLSVerify: boolean } };
    TLSMaterial: { docker?: string[] };
    Storage: { MetadataPath: string; TLSPath: string };
}

/** Returns the names of docker's contexts, without `default`, which always exists. */
export async function contextNames({ env }: Project): Promise<string[]> {
    const names = await docker(["context", "ls", "--format", "{{.Name}}"], { env });
    return names.split("\n").filter((name) => name !== "" && name !== "default");
}

/** Returns the TLS files of a context, by name. */
export async function tlsFiles(context: DockerContext): Promise<Record<string, string>> {
    const files = (context.TLSMaterial.docker ?? []).map(async (name) => {
        return [name, await readFile(join(context.Storage.TLSPath, "docker", name), "utf8")] as const;
    });
    return Object.fromEntries(await Promise.all(files));
}
