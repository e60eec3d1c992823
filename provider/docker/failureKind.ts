/**
 * Which failures of a registry pass. The engine reports them as text alone, in the words of docker/distribution, of
 * containerd's resolver and of Go's standard library; this package's own requests fail in the words of Node.js.
 */

/**
 * - `transient`: it passes, such as an overloaded registry, a rate limit or a connection that is cut.
 * - `unreachable`: nothing listens, or the name is not known. It passes for a registry that is just being started, and
 *   otherwise does not.
 * - `final`: it stays, such as a wrong password or an image that is not there.
 */
export type FailureKind = "transient" | "unreachable" | "final";

const rateLimit = /\btoomanyrequests\b|\b429\b.{0,3}too many requests|status(?: code)?:? 429\b|HTTP 429\b|\(429[:)]/i;

const final = new RegExp(
    [
        "x509:|certificate|tls: (?:handshake failure|bad certificate|failed to verify|unknown|first record)",
        "remote error: tls|HTTP response to HTTPS client|HTTP request to an HTTPS server|protocol version not supported",
        "unauthorized|authentication required|no basic auth credentials|insufficient_scope|\\bdenied\\b",
        "manifest unknown|name unknown|blob unknown|manifest for .* not found|repository .* not found|: not found$",
        "invalid reference format|invalid tag|invalid digest|no matching manifest|unsupported",
        "no space left on device|disk quota exceeded|read-only file system",
    ].join("|"),
    "i",
);

const transient = new RegExp(
    [
        // An answer of 500 to 504, as each of them words it.
        "\\b50[0234] (?:internal server error|bad gateway|service unavailable|gateway time-?out)",
        "status(?: code)?:? 50[0234]\\b|HTTP 50[0234]\\b|\\(50[0234][:)]",
        "connection reset|broken pipe|ECONNRESET|EPIPE|socket hang up|server closed|GOAWAY|stream error|aborted$",
        "\\bEOF\\b|connection timed out|i/o timeout|handshake timeout|Client\\.Timeout|deadline exceeded|ETIMEDOUT",
        "timeout awaiting response headers|request canceled while waiting",
        "server misbehaving|temporary failure in name resolution|try again|EAI_AGAIN",
    ].join("|"),
    "i",
);

const unreachable =
    /connection refused|no such host|no route to host|network is unreachable|host is (?:down|unreachable)|ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH/i;

/** @param message what a registry, the engine or Node.js said. */
export function failureKind(message: string): FailureKind {
    if (rateLimit.test(message)) return "transient"; // a registry may name what it would allow to whom
    if (final.test(message)) return "final";
    if (transient.test(message)) return "transient";
    return unreachable.test(message) ? "unreachable" : "final";
}

/** For how many seconds a registry that is `unreachable` is asked again at most. */
const mostUnreachable = 3;

/** For how many seconds a request that failed is made again. @param seconds of a failure that passes. */
export function patienceWith(message: string, seconds: number): number {
    const kind = failureKind(message);
    if (kind === "final") return 0;
    return kind === "transient" ? seconds : Math.min(seconds, mostUnreachable);
}
