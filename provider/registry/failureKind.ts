/**
 * Classifies failures of a registry. The engine reports them only as text, from docker/distribution, containerd's
 * resolver and Go's standard library. This package's own requests fail with messages of Node.js.
 */

/**
 * Kind of a failure:
 *
 * - `transient`: a retry may succeed, for example if a registry is overloaded, limits the rate or cuts a connection.
 * - `unreachable`: nothing listens, or the name is not known. A retry may succeed only if the registry is starting.
 * - `final`: a retry fails too, for example if a password is wrong or an image is not found.
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
        // Status 500, 502, 503 or 504, as each of these sources words it.
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

/**
 * Returns the kind of a failure.
 *
 * @param message the message of a registry, the engine or Node.js.
 */
export function failureKind(message: string): FailureKind {
    if (rateLimit.test(message)) return "transient"; // first: it may also say what each user may do
    if (final.test(message)) return "final";
    if (transient.test(message)) return "transient";
    return unreachable.test(message) ? "unreachable" : "final";
}

/** For how many seconds at most a request to an `unreachable` registry is retried. */
const mostUnreachable = 3;

/**
 * Returns for how many seconds a failed request is retried.
 *
 * @param seconds the seconds for a `transient` failure.
 */
export function patienceWith(message: string, seconds: number): number {
    const kind = failureKind(message);
    if (kind === "final") return 0;
    return kind === "transient" ? seconds : Math.min(seconds, mostUnreachable);
}
