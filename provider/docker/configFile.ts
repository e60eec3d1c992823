import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { FileAccessError, whyNoAccess } from "../fileAccess";

/** What this package reads of docker's `config.json`. */
export interface DockerConfig {
    auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;
    credHelpers?: Record<string, string>;
    credsStore?: string;
    currentContext?: string;
}

/** The folder of docker's own configuration: `$DOCKER_CONFIG`, else `~/.docker`. */
export function dockerConfigFolder(env: NodeJS.ProcessEnv = process.env): string {
    return env.DOCKER_CONFIG || join(homedir(), ".docker");
}

/** docker's `config.json`; empty where there is none. */
export async function readDockerConfig(env: NodeJS.ProcessEnv = process.env): Promise<DockerConfig> {
    const path = join(dockerConfigFolder(env), "config.json");
    let text: string;
    try {
        text = await readFile(path, "utf8");
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
        const own = [dockerConfigFolder(env)];
        const elsewhere = "set DOCKER_CONFIG to a folder that this user can read";
        const why = await whyNoAccess(error, { path, to: "read", own, elsewhere });
        throw new FileAccessError("docker's configuration cannot be read", why, error);
    }
    try {
        return JSON.parse(text) as DockerConfig;
    } catch {
        // Not with what the parser says, which quotes from the text and so perhaps from a password.
        throw new Error(`docker's configuration ${path} is not JSON: mend or remove it`);
    }
}
