/** The arguments `endpoint` and `tls`, which select an engine. All resources except `BuildKitPrune` have them. */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { findEndpoint, isHost } from "../docker/endpoint/endpoint";
import { belongTogether, whyUnusable } from "../pem";
import { type TlsArguments, tlsParts } from "../docker/endpoint/tls";
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

/** Arguments that select an engine. */
export interface EndpointArguments {
    readonly endpoint?: string | undefined;
    readonly tls?: TlsArguments | undefined;
}

/**
 * Returns what is wrong with the arguments beyond their form: a docker context that does not exist, `tls` for a host
 * that is not a TCP host, and files that do not exist or do not belong together.
 *
 * @param options.isAll whether nothing else selects the engine. Without an `endpoint` the engine is then the docker
 *   CLI's.
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

/** Returns why `tls` cannot be used with an endpoint. */
async function whyUnfit(asked: string | undefined): Promise<string | undefined> {
    if (asked !== undefined && isHost(asked))
        return asked.startsWith("tcp://")
            ? undefined
            : `it is for a tcp:// endpoint, and this one is "${asked}": leave it out`;
    const found = await findEndpoint(asked).catch(() => undefined); // reported when it is used
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
