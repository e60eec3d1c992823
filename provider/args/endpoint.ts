/** The arguments `endpoint` and `tls`, which select an engine. All resources except `BuildKitPrune` have them. */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { findEndpoint, isHost } from "../docker/endpoint/endpoint";
import { noSshPassword } from "../ssh/call";
import { belongTogether, whyInvalidPem } from "../pem";
import { type TlsArguments, tlsParts } from "../docker/endpoint/tls";
import { hasUnknown, unknown } from "./unknown";
import { onlyKeys, textThat, text } from "./rules";
import { quote } from "../text/quote";

const scheme = /^([a-z]+):\/\//;

export const legalEndpoint = v.pipe(
    textThat(
        (value) => value.trim() !== "",
        (value) =>
            `${quote(value)} is not a valid endpoint: must be the name of a docker context or a host URL, ` +
            'for example "unix:///var/run/docker.sock"',
    ),
    v.check(
        (value) => !scheme.test(value) || isHost(value),
        ({ input }) => `"${input}" is not a valid host URL: must start with unix://, npipe://, tcp:// or ssh://`,
    ),
    v.check(
        (value) => !value.startsWith("tcp://") || /^tcp:\/\/[^/:?#]*[^/?#]*\/?$/.test(value),
        ({ input }) => `"${input}" is not a valid TCP host: must be tcp://host:port`,
    ),
    v.check((value) => !/^ssh:\/\/[^/@]*:[^/@]*@/.test(value), noSshPassword),
);

/** A certificate or a key. */
export const legalPem = v.optional(
    text((value) => `${quote(value)} is not a valid certificate or key: must be the path of a file or PEM text`),
);

export const legalTls = v.pipe(
    v.looseObject(
        { ca: legalPem, cert: legalPem, key: legalPem },
        "must be { ca, cert, key }, each the path of a file or PEM text",
    ),
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
async function whyUnfit(given: string | undefined): Promise<string | undefined> {
    if (given !== undefined && isHost(given))
        return given.startsWith("tcp://")
            ? undefined
            : `not supported with endpoint "${given}": tls is for tcp:// endpoints. Remove tls`;
    const found = await findEndpoint(given).catch(() => undefined); // reported when it is used
    if (found?.context !== undefined)
        return `not supported with docker context "${found.context}": tls is for tcp:// endpoints, and a context has its own TLS files. Remove tls`;
    return found === undefined || found.host.startsWith("tcp://")
        ? undefined
        : `not supported with the engine at ${found.host} (${found.from}): tls is for tcp:// endpoints. Set endpoint, too`;
}

/** Returns which certificates and keys are missing, cannot be read, or do not belong together. */
export async function failuresOfMaterial(tls: TlsArguments): Promise<CheckFailure[]> {
    const failures: CheckFailure[] = [];
    for (const [one, other] of [
        ["cert", "key"],
        ["key", "cert"],
    ] as const) {
        if (tls[one] !== undefined && tls[other] === undefined)
            failures.push({ property: `tls.${other}`, reason: `required with tls.${one}` });
    }
    const problems = await Promise.all(
        tlsParts.map(async (part) => {
            const value = tls[part];
            const reason =
                value === undefined ? undefined : await whyInvalidPem(part === "key" ? "key" : "certificate", value);
            return reason === undefined ? [] : [{ property: `tls.${part}`, reason }];
        }),
    );
    failures.push(...problems.flat());
    const { cert, key } = tls;
    if (failures.length > 0 || cert === undefined || key === undefined) return failures;
    if (await belongTogether(cert, key)) return [];
    return [
        { property: "tls.key", reason: "does not belong to tls.cert: must be the private key of that certificate" },
    ];
}
