import { strict as assert } from "node:assert";
import type { Endpoint } from "../../provider/docker/endpoint/endpoint";
import { type FailureKind, failureKind } from "../../provider/registry/failureKind";
import { mayBeStarting } from "../../provider/docker/endpoint/unreachable";

/** What the engine, containerd and Node.js say of a registry. */
const texts: Record<FailureKind, string[]> = {
    transient: [
        "received unexpected HTTP status: 500 Internal Server Error",
        "received unexpected HTTP status: 502 Bad Gateway",
        "toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
        "toomanyrequests: retry-after: 1.5ms, allowed: 44000/minute",
        "error parsing HTTP 429 response body: invalid character 'T' looking for beginning of value: \"Too many\"",
        'failed to resolve reference "r.example/a:b": unexpected status from HEAD request to https://r.example/v2/a/manifests/b: 503 Service Unavailable',
        'failed to resolve reference "r.example/a:b": pulling from host r.example failed with status code [manifests b]: 504 Gateway Timeout',
        "failed to copy: httpReadSeeker: failed open: unexpected status code https://r.example/v2/a/blobs/sha256:1: 429 Too Many Requests",
        "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://auth.docker.io/token?scope=x: 500 Internal Server Error",
        'Get "https://registry-1.docker.io/v2/": net/http: TLS handshake timeout',
        'Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
        'Get "https://r.example/v2/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
        'Get "https://r.example/v2/": read tcp 10.0.0.2:5000->10.0.0.1:443: read: connection reset by peer',
        'Get "http://127.0.0.1:5000/v2/": EOF',
        "unexpected EOF",
        'Get "https://r.example/v2/": dial tcp 10.0.0.1:443: i/o timeout',
        'Get "https://r.example/v2/": dial tcp 10.0.0.1:443: connect: connection timed out',
        'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 127.0.0.11:53: server misbehaving',
        "dial tcp: lookup r.example: Temporary failure in name resolution",
        "http2: server sent GOAWAY and closed the connection; LastStreamID=1999, ErrCode=NO_ERROR",
        "stream error: stream ID 3; INTERNAL_ERROR; received from peer",
        "the registry at r.example refuses the manifest of r.example/a:b (503: unavailable)",
        "auth.example refuses a token for repository:a:pull (502). Log in with: docker login r.example",
        "r.example cannot be reached: read ECONNRESET",
        "r.example cannot be reached: socket hang up",
        "r.example cannot be reached: getaddrinfo EAI_AGAIN r.example",
    ],
    unreachable: [
        'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
        'Get "https://mirror.internal/v2/": dial tcp: lookup mirror.internal on 127.0.0.11:53: no such host',
        'Get "https://10.0.0.1/v2/": dial tcp 10.0.0.1:443: connect: no route to host',
        "127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1",
        "r.invalid cannot be reached: getaddrinfo ENOTFOUND r.invalid",
    ],
    final: [
        "manifest for moby/buildkit:nowhere not found: manifest unknown: manifest unknown",
        "manifest unknown",
        'failed to resolve reference "docker.io/moby/buildkit:nowhere": docker.io/moby/buildkit:nowhere: not found',
        "pull access denied for no/image, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
        'Head "http://127.0.0.1:5000/v2/a/manifests/b": no basic auth credentials',
        "unauthorized: authentication required",
        'Get "https://r.example/v2/": unauthorized: incorrect username or password',
        "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
        'failed to resolve reference "r.example/a:b": unexpected status from HEAD request to https://r.example/v2/a/manifests/b: 403 Forbidden',
        'Get "https://r.example/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        'Get "https://r.example/v2/": remote error: tls: handshake failure',
        'Get "https://127.0.0.1:5000/v2/": http: server gave HTTP response to HTTPS client',
        "invalid reference format",
        "failed to register layer: write /usr/bin/x: no space left on device",
        "no matching manifest for linux/arm64/v8 in the manifest list entries",
        "the registry at r.example refuses the manifest of r.example/a:500 (404: manifest unknown)",
        "it gave nothing within 10 s",
    ],
};

describe("a failure of a registry", () => {
    for (const [kind, all] of Object.entries(texts)) {
        it(`is ${kind}`, () => {
            assert.deepEqual(
                all.map((text) => [failureKind(text), text]),
                all.map((text) => [kind, text]),
            );
        });
    }
});

const endpoint = (host: string): Endpoint => ({ host, tls: undefined, context: undefined, from: "a test" });
const failure = (message: string, more: object = {}) => Object.assign(new Error(message), more);

describe("an engine that cannot be reached", () => {
    it("may be starting where nothing answers on another machine", () => {
        const codes = [
            "ECONNREFUSED",
            "ECONNRESET",
            "EHOSTUNREACH",
            "ENETUNREACH",
            "ETIMEDOUT",
            "EAI_AGAIN",
            "ENOTFOUND",
        ];
        const failures = [...codes.map((code) => failure(code, { code })), failure("late", { name: "TimeoutError" })];
        for (const each of [...failures, failure("(HTTP code 502) server error", { statusCode: 502 })]) {
            for (const host of ["tcp://10.0.0.1:2375", "ssh://ci@new"])
                assert.equal(mayBeStarting(each, endpoint(host)), true, each.message);
            for (const host of ["unix:///var/run/docker.sock", "npipe:////./pipe/docker_engine"])
                assert.equal(mayBeStarting(each, endpoint(host)), false, each.message);
        }
        for (const said of [
            "ssh: connect to host 10.0.0.1 port 22: Connection refused",
            "ssh: connect to host 10.0.0.1 port 22: Connection timed out",
            "ssh: connect to host 10.0.0.1 port 22: No route to host",
            "ssh: Could not resolve hostname new: Name or service not known",
            "ssh: kex_exchange_identification: read: Connection reset by peer",
            "ssh: Connection timed out during banner exchange",
            "ssh: Connection closed by 10.0.0.1 port 22",
            "ssh: bash: line 1: docker: command not found",
            "ssh: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            'ssh: "System is booting up. Unprivileged users are not permitted to log in yet. See pam_nologin(8)."',
        ])
            assert.equal(mayBeStarting(failure(said), endpoint("ssh://ci@new")), true, said);
    });

    it("is not starting where a certificate, a host key, a login or an answer is wrong", () => {
        for (const each of [
            failure("self-signed certificate", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
            failure("alert bad certificate", { code: "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE" }),
            failure("it answers something else to a ping"),
            failure("(HTTP code 403) forbidden", { statusCode: 403 }),
        ])
            assert.equal(mayBeStarting(each, endpoint("tcp://10.0.0.1:2376")), false, each.message);
        for (const said of [
            "ssh: No ED25519 host key is known for [10.0.0.1]:22 and you have requested strict checking.\nHost key verification failed.",
            "ssh: Host key verification failed.",
            "ssh: ci@10.0.0.1: Permission denied (publickey).\nConnection closed by 10.0.0.1 port 22",
        ])
            assert.equal(mayBeStarting(failure(said), endpoint("ssh://ci@new")), false, said);
    });
});
