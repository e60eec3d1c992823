import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { FileAccessError, whyNoAccess } from "../fileAccess";

/** What docker's configuration has for registries, by the name of each. */
export type Auths = Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;

/** What this package reads of docker's `config.json`. */
export interface DockerConfig {
    auths?: Auths;
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

/**
 * The credentials in the environment variable `DOCKER_AUTH_CONFIG`, as the docker CLI reads it since 28.3 (docker/cli
 * `cli/config/configfile/file.go`): `{"auths": {"<registry>": {"auth": "<base64 of user:password>"}}}`. Other keys are
 * passed over; the docker CLI refuses the whole text because of them.
 *
 * @throws where it is not of that form. The message has nothing of its content.
 */
export function authsInEnvironment(env: NodeJS.ProcessEnv = process.env): Auths {
    const { DOCKER_AUTH_CONFIG: text = "" } = env;
    if (text.trim() === "") return {};
    const auths = authsIn(text);
    if (auths === undefined)
        throw new Error(
            'the environment variable DOCKER_AUTH_CONFIG is not of the form {"auths": {"<registry>": {"auth": "<base64 of user:password>"}}}',
        );
    return auths;
}

function authsIn(text: string): Auths | undefined {
    try {
        const content = JSON.parse(text) as unknown;
        const auths = isTable(content) ? (content.auths ?? {}) : undefined;
        return isTable(auths) && Object.values(auths).every(hasLogin) ? (auths as Auths) : undefined;
    } catch {
        return undefined; // what the parser says quotes from the text
    }
}

const isTable = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);

const hasLogin = (entry: unknown): boolean =>
    isTable(entry) && typeof entry.auth === "string" && /^[^:]+:/.test(decodeAuth(entry.auth));

/** A user and a password with a colon between them (docker/cli `decodeAuth`). */
export const decodeAuth = (auth: string): string => Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "");
