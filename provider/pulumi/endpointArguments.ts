/** The arguments by which an engine is found, `endpoint` and `tls`, as every resource takes them. */
import { readFile } from "node:fs/promises";
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { isHost } from "../docker/endpoint";
import { isPem, type TlsArguments, tlsParts } from "../docker/tls";
import { unknown } from "./unknown";
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

/** What is wrong with `tls` beside an endpoint: it belongs to a TCP host, and what it names has to be there. */
export async function failuresOfTls(
    tls: TlsArguments | undefined,
    endpoint: string | undefined,
): Promise<CheckFailure[]> {
    if (tls === undefined || typeof tls !== "object") return [];
    const failures: CheckFailure[] = [];
    if (endpoint !== undefined && endpoint !== unknown && !endpoint.startsWith("tcp://")) {
        const instead = isHost(endpoint) ? "leave it out" : "a docker context has its own";
        failures.push({
            property: "tls",
            reason: `it is for a tcp:// endpoint, and this one is "${endpoint}": ${instead}`,
        });
    }
    for (const [one, other] of [
        ["cert", "key"],
        ["key", "cert"],
    ] as const) {
        if (tls[one] !== undefined && tls[other] === undefined)
            failures.push({ property: `tls.${other}`, reason: `it is needed beside tls.${one}` });
    }
    const looked = tlsParts.map(async (key) => {
        const value = tls[key];
        if (value === undefined || value === unknown || isPem(value)) return [];
        const content = await readFile(value, "utf8").catch((error: NodeJS.ErrnoException) => error);
        if (content instanceof Error) {
            const why = content.code === "ENOENT" ? "there is no such file" : content.message;
            return [{ property: `tls.${key}`, reason: `"${value}" cannot be read (${why}): give a path or PEM text` }];
        }
        return isPem(content)
            ? []
            : [{ property: `tls.${key}`, reason: `"${value}" holds no PEM text ("-----BEGIN …")` }];
    });
    return [...failures, ...(await Promise.all(looked)).flat()];
}
