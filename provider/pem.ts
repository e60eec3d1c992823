/** Certificates and keys that a user gives as the path of a file or as PEM text. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Whether a text is PEM. Any other text may precede its first block. */
export const isPem = (text: string): boolean => /^[ \t]*-----BEGIN /m.test(text);

/** Whether a text contains a private key, alone or among other blocks. */
export const holdsPrivateKey = (text: string): boolean => /-----BEGIN [A-Z ]*PRIVATE KEY/.test(text);

/** Returns the bytes. A path is relative to the folder of the program. */
export const readBytes = async (given: string): Promise<Buffer> =>
    isPem(given) ? Buffer.from(given) : await readFile(given);

/** Returns the PEM text. A path is relative to the folder of the program. */
export const readPem = async (given: string): Promise<string> => (await readBytes(given)).toString("utf8");

/** Whether a value looks like a path. Any other value may be a key without its first line, and must not be shown. */
const looksLikePath = (value: string) =>
    value.length <= 255 && !value.includes("\n") && /^[./~\\]|^[a-z]:|\.\w+$/i.test(value);

/** Returns why a value is not a valid certificate or key; `undefined` if it is valid. */
export async function whyInvalidPem(what: "certificate" | "key", value: string): Promise<string | undefined> {
    const name = !isPem(value) && looksLikePath(value) ? `"${value}"` : "the value";
    const text = await readPem(value).catch((error: NodeJS.ErrnoException) => ({ code: error.code ?? "" }));
    if (typeof text !== "string") {
        const why = text.code === "ENOENT" ? "file not found" : text.code;
        return `${name} cannot be read (${why}): must be the path of a file or PEM text`;
    }
    if (!isPem(text)) return `${name} contains no PEM text ("-----BEGIN …")`;
    if (what === "key" && /ENCRYPTED/.test(text)) return `${name} is encrypted: must be a key without a password`;
    try {
        if (what === "key") createPrivateKey(text);
        else new X509Certificate(text);
        return undefined;
    } catch (error) {
        const { reason = "" } = error as { reason?: string };
        const noun = what === "key" ? "private key" : "certificate";
        return `${name} contains no valid ${noun}${reason && ` (${reason})`}`;
    }
}

/** Whether a certificate and a key belong together. Both must be valid. */
export async function belongTogether(cert: string, key: string): Promise<boolean> {
    const [certificate, privateKey] = await Promise.all([readPem(cert), readPem(key)]);
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
}
