import { homedir } from "node:os";
import { join } from "node:path";
import { FileAccessError, readSmallFile, whyNoAccess } from "../../fileAccess";

/** Credentials in docker's configuration, by the name of the registry. */
export type Auths = Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;

/** Keys of docker's `config.json` that this package reads. */
export interface DockerConfig {
    auths?: Auths;
    credHelpers?: Record<string, string>;
    credsStore?: string;
    currentContext?: string;
}

/** Returns the folder of docker's configuration: `$DOCKER_CONFIG` if it is set, otherwise `~/.docker`. */
export function dockerConfigFolder(env: NodeJS.ProcessEnv = process.env): string {
    return env.DOCKER_CONFIG || join(homedir(), ".docker");
}

/**
 * Reads docker's `config.json`. Returns an empty object if the file does not exist.
 *
 * @throws {FileAccessError} if the file cannot be read.
 * @throws {Error} if the file is not JSON.
 */
export async function readDockerConfig(env: NodeJS.ProcessEnv = process.env): Promise<DockerConfig> {
    const path = join(dockerConfigFolder(env), "config.json");
    let text: string;
    try {
        text = readSmallFile(path);
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
        // The parser's message is left out: it quotes the text, and so may contain a part of a password.
        throw new Error(`docker's configuration ${path} is not valid JSON. Fix or remove the file`);
    }
}

/**
 * Returns the credentials in the environment variable `DOCKER_AUTH_CONFIG`, which the docker CLI reads since 28.3
 * (docker/cli `cli/config/configfile/file.go`): `{"auths": {"<registry>": {"auth": "<base64 of user:password>"}}}`.
 * Other keys are ignored. The docker CLI rejects the whole text if it has other keys.
 *
 * @throws {Error} if the variable is not of that form. The message contains nothing of the variable's content.
 */
export function authsInEnvironment(env: NodeJS.ProcessEnv = process.env): Auths {
    const { DOCKER_AUTH_CONFIG: text = "" } = env;
    if (text.trim() === "") return {};
    const auths = authsIn(text);
    if (auths === undefined)
        throw new Error(
            'the environment variable DOCKER_AUTH_CONFIG is not valid: must be of the form {"auths": {"<registry>": {"auth": "<base64 of user:password>"}}}',
        );
    return auths;
}

function authsIn(text: string): Auths | undefined {
    try {
        const content = JSON.parse(text) as unknown;
        const auths = isTable(content) ? (content.auths ?? {}) : undefined;
        return isTable(auths) && Object.values(auths).every(hasLogin) ? (auths as Auths) : undefined;
    } catch {
        return undefined; // the parser's message quotes the text
    }
}

const isTable = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);

const hasLogin = (entry: unknown): boolean =>
    isTable(entry) && typeof entry.auth === "string" && /^[^:]+:/.test(decodeAuth(entry.auth));

/** Returns a user and a password with a colon between them (docker/cli `decodeAuth`). */
export const decodeAuth = (auth: string): string => Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "");
