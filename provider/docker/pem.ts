/** Certificates and keys as users give them: the path of a file, or PEM text itself. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

export const isPem = (text: string): boolean => text.trimStart().startsWith("-----BEGIN");

/** The PEM text; a path is relative to the program's folder. */
export const readPem = async (given: string): Promise<string> => (isPem(given) ? given : await readFile(given, "utf8"));

/** Why what is given is no certificate or no key; `undefined` where it is one. */
export async function whyUnusable(what: "certificate" | "key", value: string): Promise<string | undefined> {
    // What is no path may be a key that was pasted without its first line, which is not to be shown.
    const name = isPem(value) || value.length > 255 || value.includes("\n") ? "it" : `"${value}"`;
    const text = await readPem(value).catch((error: NodeJS.ErrnoException) => ({ code: error.code ?? "" }));
    if (typeof text !== "string") {
        const why = text.code === "ENOENT" ? "there is no such file" : text.code;
        return `${name} cannot be read (${why}): give a path or PEM text`;
    }
    if (!isPem(text)) return `${name} holds no PEM text ("-----BEGIN …")`;
    if (what === "key" && /ENCRYPTED/.test(text)) return `${name} is encrypted: give a key without password`;
    try {
        if (what === "key") createPrivateKey(text);
        else new X509Certificate(text);
        return undefined;
    } catch (error) {
        const { reason = "" } = error as { reason?: string };
        const noun = what === "key" ? "private key" : "certificate";
        return `${name} holds no ${noun} that can be read${reason && ` (${reason})`}`;
    }
}

/** Whether a certificate and a key, both usable, were made together. */
export async function belongTogether(cert: string, key: string): Promise<boolean> {
    const [certificate, privateKey] = await Promise.all([readPem(cert), readPem(key)]);
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
}
