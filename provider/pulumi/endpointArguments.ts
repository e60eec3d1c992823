/** The arguments by which an engine is found, `endpoint` and `tls`, as every resource takes them. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { findEndpoint, isHost } from "../docker/endpoint";
import { isPem, readMaterial, type TlsArguments, tlsParts } from "../docker/tls";
import { hasUnknown, unknown } from "./unknown";
import { onlyKeys, text, textThat } from "./validation";

const scheme = /^([a-z]+):\/\//;

export const legalEndpoint = v.pipe(
    textThat(
        (value) => value.trim() !== "",
        'a docker context\'s name or a host, such as "unix:///var/run/docker.sock"',
    ),
    v.check(
        (value) => !scheme.test(value) || isHost(value),
        ({ input }) => `"${input}" is no endpoint of docker's: write unix://, npipe://, tcp:// or ssh://`,
    ),
    v.check(
        (value) => !value.startsWith("tcp://") || /^tcp:\/\/[^/:?#]*[^/?#]*\/?$/.test(value),
        ({ input }) => `"${input}" is no host: write tcp://host:port`,
    ),
    v.check(
        (value) => !/^ssh:\/\/[^/@]*:[^/@]*@/.test(value),
        "a password does not belong into an ssh:// endpoint: use a key or the agent",
    ),
);

const part = v.optional(text("the path of a file or PEM text"));

export const legalTls = v.pipe(
    v.looseObject({ ca: part, cert: part, key: part }, "write { ca, cert, key }, each the path of a file or PEM text"),
    onlyKeys(tlsParts),
);

/** Where the arguments say that an engine is. */
export interface EndpointArguments {
    readonly endpoint?: string | undefined;
    readonly tls?: TlsArguments | undefined;
}

/**
 * What is wrong with them beyond their form: a context that docker does not have, `tls` for what is no TCP host, and files
 * that are not there or do not belong together.
 *
 * @param options.isAll nothing else has a say in where the engine is, so that without an `endpoint` it is the one of the
 *   docker CLI.
 */
export async function failuresOfEndpoint(
    { endpoint, tls }: EndpointArguments,
    { isAll = true } = {},
): Promise<CheckFailure[]> {
    if (endpoint === unknown || hasUnknown(tls)) return [];
    const failures = endpoint === undefined || isHost(endpoint) ? [] : await failuresOfContext(endpoint);
    if (failures.length > 0 || tls === undefined) return failures;
    const unfit = endpoint === undefined && !isAll ? undefined : await whyUnfit(endpoint);
    if (unfit !== undefined) failures.push({ property: "tls", reason: unfit });
    return [...failures, ...(await failuresOfMaterial(tls))];
}

const failuresOfContext = (name: string): Promise<CheckFailure[]> =>
    findEndpoint(name).then(
        () => [],
        (error: Error) => [{ property: "endpoint", reason: error.message }],
    );

/** Why `tls` does not belong to an endpoint. */
async function whyUnfit(asked: string | undefined): Promise<string | undefined> {
    if (asked !== undefined && isHost(asked))
        return asked.startsWith("tcp://")
            ? undefined
            : `it is for a tcp:// endpoint, and this one is "${asked}": leave it out`;
    const found = await findEndpoint(asked).catch(() => undefined); // reported where it is used
    if (found?.context !== undefined)
        return `it is for a tcp:// endpoint, and docker context "${found.context}" has its own: leave it out`;
    return found === undefined || found.host.startsWith("tcp://")
        ? undefined
        : `it is for a tcp:// endpoint, and the engine is at ${found.host} (${found.from}): give the endpoint, too`;
}

async function failuresOfMaterial(tls: TlsArguments): Promise<CheckFailure[]> {
    const failures: CheckFailure[] = [];
    for (const [one, other] of [
        ["cert", "key"],
        ["key", "cert"],
    ] as const) {
        if (tls[one] !== undefined && tls[other] === undefined)
            failures.push({ property: `tls.${other}`, reason: `it is needed beside tls.${one}` });
    }
    const problems = await Promise.all(
        tlsParts.map(async (part) => {
            const value = tls[part];
            const reason = value === undefined ? undefined : await whyUnusable(part, value);
            return reason === undefined ? [] : [{ property: `tls.${part}`, reason }];
        }),
    );
    failures.push(...problems.flat());
    if (failures.length > 0 || tls.cert === undefined) return failures;
    const { cert = "", key = "" } = await readMaterial(tls);
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return [];
    return [{ property: "tls.key", reason: "it is not the key of tls.cert: give the two that were made together" }];
}

/** Why a part is no certificate or no key. */
async function whyUnusable(part: keyof TlsArguments, value: string): Promise<string | undefined> {
    // What is no path may be a key that was pasted without its first line, which is not to be shown.
    const name = isPem(value) || value.length > 255 || value.includes("\n") ? "it" : `"${value}"`;
    const text = isPem(value)
        ? value
        : await readFile(value, "utf8").catch((error: NodeJS.ErrnoException) => ({ code: error.code ?? "" }));
    if (typeof text !== "string") {
        const why = text.code === "ENOENT" ? "there is no such file" : text.code;
        return `${name} cannot be read (${why}): give a path or PEM text`;
    }
    if (!isPem(text)) return `${name} holds no PEM text ("-----BEGIN …")`;
    if (part === "key" && /ENCRYPTED/.test(text))
        return `${name} is encrypted, and docker takes a key without password`;
    try {
        if (part === "key") createPrivateKey(text);
        else new X509Certificate(text);
        return undefined;
    } catch (error) {
        const { reason = "" } = error as { reason?: string };
        const what = part === "key" ? "private key" : "certificate";
        return `${name} holds no ${what} that can be read${reason && ` (${reason})`}`;
    }
}
