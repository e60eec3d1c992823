/** Certificates and keys as users give them: the path of a file, or PEM text itself. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Text of any kind may stand before the first of the things in it. */
export const isPem = (text: string): boolean => /^[ \t]*-----BEGIN /m.test(text);

/** Whether there is a private key in a text, be it alone or among other things. */
export const holdsPrivateKey = (text: string): boolean => /-----BEGIN [A-Z ]*PRIVATE KEY/.test(text);

/** The bytes; a path is relative to the program's folder. */
export const readBytes = async (given: string): Promise<Buffer> =>
    isPem(given) ? Buffer.from(given) : await readFile(given);

/** The PEM text; a path is relative to the program's folder. */
export const readPem = async (given: string): Promise<string> => (await readBytes(given)).toString("utf8");

/** What is no path may be a key that was pasted without its first line, which is not to be shown. */
const looksLikePath = (value: string) =>
    value.length <= 255 && !value.includes("\n") && /^[./~\\]|^[a-z]:|\.\w+$/i.test(value);

/** Why what is given is no certificate or no key; `undefined` where it is one. */
export async function whyUnusable(what: "certificate" | "key", value: string): Promise<string | undefined> {
    const name = !isPem(value) && looksLikePath(value) ? `"${value}"` : "it";
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
