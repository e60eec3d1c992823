import { execFile } from "node:child_process";

/** What a credential helper has for a registry. */
export interface HelperAnswer {
    readonly username: string;
    readonly secret: string;
}

/** How long a helper may take, in milliseconds. */
const timeout = 30_000;

/**
 * Runs `docker-credential-NAME get` (docker/docker-credential-helpers: the protocol is JSON on the streams).
 *
 * @returns `undefined` where the helper has nothing for the registry.
 * @throws where the helper is not there, fails or answers something else. The message has nothing of an answer.
 */
export function askHelper(name: string, registry: string): Promise<HelperAnswer | undefined> {
    const program = `docker-credential-${name}`;
    return new Promise((resolve, reject) => {
        const child = execFile(program, ["get"], { timeout }, (error, stdout) => {
            if (error) {
                const says = stdout.trim();
                if (/credentials not found/i.test(says)) return resolve(undefined);
                return reject(
                    new Error(`credential helper ${program}, which docker's config.json names, ${whatOf(error, says)}`),
                );
            }
            const answer = parseAnswer(stdout);
            if (answer === undefined) {
                // Not with the answer, which may hold a secret.
                return reject(new Error(`credential helper ${program} answered "get" with what is not JSON`));
            }
            const { Username: username = "", Secret: secret = "" } = answer;
            resolve(username === "" && secret === "" ? undefined : { username, secret });
        });
        child.stdin?.on("error", () => {}); // a helper that is not there or ended: reported above
        child.stdin?.end(registry);
    });
}

/** What became of a helper. One that fails says why on its standard output, where a secret would be otherwise. */
function whatOf({ code, killed }: { code?: unknown; killed?: boolean }, says: string): string {
    if (code === "ENOENT") return "is not on the PATH";
    if (killed) return `gave no answer within ${timeout / 1000} s`;
    return `failed: ${says === "" || /"Secret"/i.test(says) ? `it ended with ${String(code)}` : says}`;
}

function parseAnswer(text: string): Record<string, string> | undefined {
    try {
        return JSON.parse(text) as Record<string, string>;
    } catch {
        return undefined;
    }
}
