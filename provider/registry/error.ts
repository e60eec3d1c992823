/** Errors of requests that a registry rejects. They never contain a password, a token, or a URL with its query. */
import type { IncomingMessage } from "node:http";
import { readAll } from "../streams";

/** Thrown if a registry rejects a request. */
export class RegistryError extends Error {
    constructor(
        message: string,
        /** The HTTP status, for example 404. */
        readonly status: number,
    ) {
        super(message);
    }
}

/**
 * Returns the errors in a response (distribution-spec `spec.md`, "Error codes") as text that follows the status.
 * Returns an empty string if the response has no errors.
 *
 * @param secrets secrets in the request, which the server may repeat. They are replaced by `***`.
 */
export async function errorIn(answer: IncomingMessage, secrets: readonly string[]): Promise<string> {
    const text = (await readAll(answer).catch(() => Buffer.alloc(0))).toString("utf8");
    try {
        const { errors = [] } = JSON.parse(text) as { errors?: { code?: string; message?: string }[] };
        return withoutSecrets(errors.map(({ code, message }) => `: ${message ?? code}`).join(""), secrets);
    } catch {
        return "";
    }
}

const withoutSecrets = (text: string, secrets: readonly string[]): string =>
    secrets.filter((secret) => secret !== "").reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
