import { execFile } from "node:child_process";

/** Credentials that a credential helper has for a registry. */
export interface HelperCredentials {
    readonly username: string;
    readonly secret: string;
}

/** How long a helper may take, in milliseconds. */
const timeout = 30_000;

/**
 * Runs `docker-credential-NAME get` (docker/docker-credential-helpers: the protocol is JSON on the streams).
 *
 * @returns the credentials, or `undefined` if the helper has none for the registry.
 * @throws {Error} if the helper is not found, fails, or returns something else. The message contains no credentials.
 */
export function queryHelper(name: string, registry: string): Promise<HelperCredentials | undefined> {
    const program = `docker-credential-${name}`;
    return new Promise((resolve, reject) => {
        const child = execFile(program, ["get"], { timeout }, (error, stdout) => {
            if (error) {
                const output = stdout.trim();
                if (/credentials not found/i.test(output)) return resolve(undefined);
                return reject(
                    new Error(`credential helper ${program}, set in docker's config.json, ${whatOf(error, output)}`),
                );
            }
            const parsed = parseOutput(stdout);
            if (parsed === undefined) {
                // The output is left out: it may contain a secret.
                return reject(new Error(`credential helper ${program} returned invalid JSON for "get"`));
            }
            const { Username: username = "", Secret: secret = "" } = parsed;
            resolve(username === "" && secret === "" ? undefined : { username, secret });
        });
        child.stdin?.on("error", () => {}); // the helper was not found or exited: reported above
        child.stdin?.end(registry);
    });
}

/** Returns why a helper failed. Helpers write errors to standard output, to which they also write secrets. */
function whatOf({ code, killed }: { code?: unknown; killed?: boolean }, output: string): string {
    if (code === "ENOENT") return "was not found on the PATH";
    if (killed) return `did not respond within ${timeout / 1000} s`;
    return `failed: ${output === "" || /"Secret"/i.test(output) ? `it exited with code ${String(code)}` : output}`;
}

function parseOutput(text: string): Record<string, string> | undefined {
    try {
        return JSON.parse(text) as Record<string, string>;
    } catch {
        return undefined;
    }
}
