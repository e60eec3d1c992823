/** The arguments by which an engine is found, `endpoint` and `tls`, as every resource takes them. */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { findEndpoint, isHost } from "../docker/endpoint";
import { belongTogether, whyUnusable } from "../pem";
import { type TlsArguments, tlsParts } from "../docker/tls";
import { hasUnknown, unknown } from "./unknown";
import { onlyKeys, text, textThat } from "./rules";

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
            const reason =
                value === undefined ? undefined : await whyUnusable(part === "key" ? "key" : "certificate", value);
            return reason === undefined ? [] : [{ property: `tls.${part}`, reason }];
        }),
    );
    failures.push(...problems.flat());
    const { cert, key } = tls;
    if (failures.length > 0 || cert === undefined || key === undefined) return failures;
    if (await belongTogether(cert, key)) return [];
    return [{ property: "tls.key", reason: "it is not the key of tls.cert: give the two that were made together" }];
}
