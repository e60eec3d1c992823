/** What is told where a registry refuses: never a password, a token, or an address with its query. */
import type { IncomingMessage } from "node:http";
import { readAll } from "./streams";

/** Thrown where a registry refuses a request. */
export class RegistryError extends Error {
    constructor(
        message: string,
        /** Of HTTP, such as 404. */
        readonly status: number,
    ) {
        super(message);
    }
}

/**
 * What an answer says in its errors (distribution-spec `spec.md`, "Error codes"), to be put behind its status; empty where
 * it says nothing.
 *
 * @param secrets what the request had in it, and a server may repeat.
 */
export async function saidBy(answer: IncomingMessage, secrets: readonly string[]): Promise<string> {
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
