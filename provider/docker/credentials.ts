import { execFile } from "node:child_process";
import type { AuthConfig } from "dockerode";
import { type DockerConfig, readDockerConfig } from "./configFile";

/** Docker Hub's name in docker's configuration. */
const dockerHub = "https://index.docker.io/v1/";

/** A credential helper answers an access token under this user name. */
const tokenUser = "<token>";

/**
 * What the user's docker configuration has for a registry: a credential helper's answer, or what
 * `docker login` wrote; `undefined` where it has nothing.
 *
 * @param domain the registry's host, `docker.io` for Docker Hub.
 */
export async function registryCredentials(domain: string): Promise<AuthConfig | undefined> {
    const config = await readDockerConfig();
    const registry = domain === "docker.io" ? dockerHub : domain;
    const helper = config.credHelpers?.[registry] ?? config.credsStore;
    const fromHelper = helper ? await askHelper(helper, registry) : undefined;
    return fromHelper ?? fromConfig(config, registry);
}

function fromConfig(config: DockerConfig, registry: string): AuthConfig | undefined {
    const entries = Object.entries(config.auths ?? {});
    const entry = entries.find(([key]) => key === registry || hostOf(key) === registry)?.[1];
    if (entry === undefined) return undefined;
    const [username, password] = entry.auth
        ? splitOnce(Buffer.from(entry.auth, "base64").toString("utf8").replace(/\0+$/, ""))
        : [entry.username, entry.password];
    if (!username && !entry.identitytoken) return undefined;
    return authConfig(registry, username ?? "", password ?? "", entry.identitytoken);
}

const hostOf = (key: string) => key.replace(/^https?:\/\//, "").split("/")[0];

function splitOnce(text: string): [string, string] {
    const at = text.indexOf(":");
    return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function authConfig(registry: string, username: string, password: string, identitytoken?: string): AuthConfig {
    const auth = { serveraddress: registry, username, password, ...(identitytoken && { identitytoken }) };
    return auth;
}

/** Runs `docker-credential-NAME get` (docker/docker-credential-helpers: the protocol is JSON on the streams). */
function askHelper(name: string, registry: string): Promise<AuthConfig | undefined> {
    const program = `docker-credential-${name}`;
    return new Promise((resolve, reject) => {
        const child = execFile(program, ["get"], { timeout: 30_000 }, (error, stdout) => {
            if (error) {
                const says = stdout.trim();
                if (/credentials not found/i.test(says)) return resolve(undefined);
                const what = error.code === "ENOENT" ? "is not on the PATH" : `failed: ${says || error.message}`;
                return reject(new Error(`credential helper ${program}, which docker's config.json names, ${what}`));
            }
            const answer = parseAnswer(stdout);
            if (answer === undefined) {
                // Not with the answer, which may hold a secret.
                return reject(new Error(`credential helper ${program} answered "get" with what is not JSON`));
            }
            const { Username: user = "", Secret: secret = "" } = answer;
            if (user === "" && secret === "") return resolve(undefined);
            resolve(user === tokenUser ? authConfig(registry, "", "", secret) : authConfig(registry, user, secret));
        });
        child.stdin?.on("error", () => {}); // a helper that is not there or ended: reported above
        child.stdin?.end(registry);
    });
}

function parseAnswer(text: string): Record<string, string> | undefined {
    try {
        return JSON.parse(text) as Record<string, string>;
    } catch {
        return undefined;
    }
}
