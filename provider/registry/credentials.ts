import type { AuthConfig } from "dockerode";
import {
    type Auths,
    authsInEnvironment,
    decodeAuth,
    type DockerConfig,
    readDockerConfig,
} from "../docker/endpoint/configFile";
import { queryHelper } from "./credentialHelper";

/** Docker Hub's name in docker's configuration. */
const dockerHub = "https://index.docker.io/v1/";

/** Docker's registries that accept Docker Hub's login (buildx `util/dockerutil/dockerconfig`). */
const takesHubLogin = ["dhi.io", "registry.scout.docker.com"];

/** User name with which a credential helper returns an identity token. */
const tokenUser = "<token>";

/** Credentials that the user's docker configuration has for a registry. */
export interface FoundCredentials {
    /** `undefined` if the configuration has none. */
    readonly auth: AuthConfig | undefined;
    /**
     * Why a part of the configuration could not be queried, for example because a credential helper is missing.
     * Requests for public content are possible nevertheless.
     */
    readonly problem: string | undefined;
}

/**
 * Returns the credentials that the user's docker configuration has for a registry, in the order of the docker CLI:
 * `DOCKER_AUTH_CONFIG`, a credential helper, the entries that `docker login` wrote (docker/cli
 * `cli/config/configfile/file.go`). If there are none and the registry accepts Docker Hub's login, returns that login.
 *
 * @param domain the registry's host, `docker.io` for Docker Hub.
 * @throws {Error} if docker's `config.json` cannot be read.
 */
export async function registryCredentials(domain: string): Promise<FoundCredentials> {
    const config = await readDockerConfig();
    const own = await credentialsOf(domain === "docker.io" ? dockerHub : domain, config);
    if (own.auth !== undefined || !takesHubLogin.includes(domain)) return own;
    const { auth, problem } = await credentialsOf(dockerHub, config);
    // Under the registry's own name: an engine does not send credentials that are meant for another registry.
    return { auth: auth && { ...auth, serveraddress: domain }, problem: own.problem ?? problem };
}

async function credentialsOf(registry: string, config: DockerConfig): Promise<FoundCredentials> {
    const problems: string[] = [];
    const attempt = <T>(work: () => T | Promise<T>) =>
        Promise.resolve()
            .then(work)
            .catch((error: Error) => {
                problems.push(error.message);
                return undefined;
            });
    const helper = config.credHelpers?.[registry] ?? config.credsStore;
    const auth =
        (await attempt(() => fromAuths(authsInEnvironment(), registry))) ??
        (helper ? await attempt(() => fromHelper(helper, registry)) : undefined) ??
        fromAuths(config.auths, registry);
    return { auth, problem: problems.length > 0 ? problems.join("; ") : undefined };
}

async function fromHelper(helper: string, registry: string): Promise<AuthConfig | undefined> {
    const { username, secret } = (await queryHelper(helper, registry)) ?? {};
    if (username === undefined || secret === undefined) return undefined;
    return username === tokenUser
        ? authConfig(registry, "", "", secret)
        : authConfig(registry, username, secret, undefined);
}

function fromAuths(auths: Auths | undefined, registry: string): AuthConfig | undefined {
    const entries = Object.entries(auths ?? {});
    const entry = (entries.find(([key]) => key === registry) ?? entries.find(([key]) => hostOf(key) === registry))?.[1];
    if (entry === undefined) return undefined;
    const [username, password] = entry.auth ? splitOnce(decodeAuth(entry.auth)) : [entry.username, entry.password];
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
