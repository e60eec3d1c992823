import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { globalAgent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { openRepository } from "../../provider/registry/repository";
import { RegistryError } from "../../provider/registry/error";
import { readAll } from "../../provider/streams";
import { certify, makeAuthority } from "../support/certificates";
import { bridgeAddress } from "../support/docker";
import { type Answer, type HttpServer, startHttpServer } from "../support/httpServer";
import { credentials, freePort, type Registry, startRegistry } from "../support/registry";
import { basicOf, identityToken, startTokenServer, type TokenServer } from "../support/tokenServer";

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const content = Buffer.from("a layer ".repeat(1000));

/** The servers of one test. */
class Servers {
    private readonly ends: (() => unknown)[] = [];

    constructor(readonly folder: string) {}

    async registry(options: Parameters<typeof startRegistry>[1] = {}): Promise<Registry> {
        return this.keep(await startRegistry(this.folder, options));
    }

    async tokens(tls?: { cert: string; key: string }): Promise<TokenServer> {
        return this.keep(await startTokenServer(this.folder, tls));
    }

    async http(answer: Answer, tls?: { cert: string; key: string }): Promise<HttpServer> {
        return this.keep(await startHttpServer(answer, tls));
    }

    /** Starts another host that has the files of a registry. */
    storage(data: string, tls?: { cert: string; key: string }): Promise<HttpServer> {
        return this.http(({ url }, response) => pipeline(createReadStream(join(data, url)), response), tls);
    }

    /**
     * Creates certificates of an authority that this process trusts while the test runs: for servers of the test, and for
     * a registry at an address that is not loopback, because the package uses HTTPS only there.
     */
    async certificates() {
        const authority = await makeAuthority(this.folder, "authority");
        const address = await bridgeAddress();
        const tls = await certify(this.folder, "server", authority, address);
        const { cert, key } = await certify(this.folder, "local", authority);
        const before = globalAgent.options.ca;
        globalAgent.options.ca = await readFile(authority.cert, "utf8");
        this.ends.push(() => (globalAgent.options.ca = before));
        return { address, tls, local: { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") } };
    }

    /** Writes the login for a registry to docker's configuration. */
    async logIn(host: string, entry: object = { auth: basicOf(credentials) }): Promise<void> {
        await writeFile(join(this.folder, "config.json"), JSON.stringify({ auths: { [host]: entry } }));
    }

    private keep<Server extends { stop(): unknown }>(server: Server): Server {
        this.ends.push(() => server.stop());
        return server;
    }

    async end(): Promise<void> {
        for (const end of this.ends.reverse()) await end();
    }
}

const withServers = (test: (servers: Servers) => Promise<void>) => async () => {
    const before = process.env.DOCKER_CONFIG;
    const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-test-"));
    process.env.DOCKER_CONFIG = folder;
    const servers = new Servers(folder);
    try {
        await test(servers);
    } finally {
        await servers.end();
        if (before === undefined) delete process.env.DOCKER_CONFIG;
        else process.env.DOCKER_CONFIG = before;
        await rm(folder, { recursive: true, force: true });
    }
};

const nameAt = (host: string) => `${host}/caches/ci:latest`;

async function* parts() {
    yield content.subarray(0, 10);
    yield content.subarray(10);
}

/** Pushes an image with one layer, as archives are. */
async function push(image: string, layer: () => AsyncIterable<Buffer> = parts) {
    const repository = await openRepository(image, "pull,push");
    const config = await repository.upload(Buffer.from("{}"));
    const pushed = await repository.uploadStream(layer());
    const manifest = {
        schemaVersion: 2,
        mediaType: manifestType,
        config: { mediaType: "application/vnd.oci.empty.v1+json", ...config },
        layers: [{ mediaType: "application/octet-stream", ...pushed }],
    };
    return repository.putManifest(manifestType, JSON.stringify(manifest));
}

/** Returns the layer of such an image. */
async function pull(image: string): Promise<Buffer> {
    const repository = await openRepository(image, "pull");
    const { layers } = (await repository.manifest(manifestType)) as { layers: [{ digest: string }] };
    return readAll(await repository.download(layers[0].digest));
}

/** Returns the message of the error, and checks that neither the message nor the printed error contains a secret. */
async function refusal(work: Promise<unknown>, ...secrets: string[]): Promise<string> {
    const error = await work.then(
        () => assert.fail("it did not fail, but must fail"),
        (error: Error) => error,
    );
    const all = [credentials.password, basicOf(credentials), identityToken, ...secrets];
    for (const secret of all)
        assert.ok(!inspect(error, { depth: null, showHidden: true }).includes(secret), error.message);
    return error.message;
}

describe("a registry", () => {
    it(
        "gets the password from docker's configuration if it requires one",
        withServers(async (servers) => {
            const { host } = await servers.registry();
            const image = nameAt(host);
            assert.match(await refusal(push(image)), new RegExp(`requires a password.*docker login ${host}`));
            await servers.logIn(host);
            await push(image);
            assert.deepEqual(await pull(image), content);
            await servers.logIn(host, { auth: basicOf({ ...credentials, password: "another-sesame" }) });
            assert.match(await refusal(pull(image), "another-sesame"), /refuses the manifest .*\(401: .*docker login/);
        }),
    );

    it(
        "gets a token that the token server returned for the password",
        withServers(async (servers) => {
            const tokens = await servers.tokens();
            const { host } = await servers.registry({ tokens: { realm: tokens.realm, ...tokens.trust } });
            await servers.logIn(host);
            await push(nameAt(host));
            assert.deepEqual(await pull(nameAt(host)), content);
            for (const { method, url, authorization } of tokens.asked) {
                assert.equal(method, "GET");
                assert.match(url, /^\/token\?service=the\+registry&scope=repository%3Acaches%2Fci%3Apull/);
                assert.equal(authorization, `Basic ${basicOf(credentials)}`);
            }
            assert.match(tokens.asked.at(-1)?.url ?? "", /pull$/); // and no other permission
        }),
    );

    it(
        "gets a token without a login, which permits to read and not to write",
        withServers(async (servers) => {
            const tokens = await servers.tokens();
            const { host } = await servers.registry({ tokens: { realm: tokens.realm, ...tokens.trust } });
            await servers.logIn(host);
            await push(nameAt(host));
            await servers.logIn("another.example");
            assert.deepEqual(await pull(nameAt(host)), content);
            assert.equal(tokens.asked.at(-1)?.authorization, undefined);
            const said = await refusal(push(nameAt(host)), ...tokens.given);
            assert.match(said, new RegExp(`refuses an upload for .*\\(401: .*docker login ${host}`));
        }),
    );

    it(
        "gets a token that the token server returned for an identity token",
        withServers(async (servers) => {
            const tokens = await servers.tokens();
            const { host } = await servers.registry({ tokens: { realm: tokens.realm, ...tokens.trust } });
            await servers.logIn(host, {
                auth: basicOf({ username: "0000", password: "" }),
                identitytoken: identityToken,
            });
            await push(nameAt(host));
            assert.deepEqual(await pull(nameAt(host)), content);
            const [first] = tokens.asked;
            assert.equal(first?.method, "POST");
            assert.ok(!first.url.includes(identityToken));
            assert.equal(first.authorization, undefined);
            await servers.logIn(host, {
                auth: basicOf({ username: "0000", password: "" }),
                identitytoken: "other-sesame",
            });
            assert.match(await refusal(pull(nameAt(host)), "other-sesame"), /refuses a token .*\(401: .*docker login/);
        }),
    );

    it(
        "gets another token if a token expires during a push",
        withServers(async (servers) => {
            const tokens = await servers.tokens();
            const { host } = await servers.registry({ tokens: { realm: tokens.realm, ...tokens.trust } });
            await servers.logIn(host);
            await push(nameAt(host));
            const inOne = tokens.given.length;
            assert.equal(inOne, 2); // one of them for the stream
            tokens.lifetime = -58; // the registry accepts the token for two seconds
            const layer = async function* () {
                yield content.subarray(0, 10);
                await sleep(2500);
                yield content.subarray(10);
            };
            await push(`${host}/caches/slow:latest`, layer);
            assert.ok(tokens.given.length - inOne > inOne, String(tokens.given.length));
            tokens.lifetime = 300;
            assert.deepEqual(await pull(`${host}/caches/slow:latest`), content);
            tokens.lifetime = -3600;
            assert.match(await refusal(pull(nameAt(host)), ...tokens.given), /\(401: .*docker login/);
        }),
    );

    it(
        "whose token server repeats a password, redirects or returns no token causes an error without the password",
        withServers(async (servers) => {
            const tokens = await servers.tokens();
            const { host } = await servers.registry({ tokens: { realm: tokens.realm, ...tokens.trust } });
            const wrong = { username: "someone", password: "wrong-sesame" };
            await servers.logIn(host, { auth: basicOf(wrong) });
            const said = await refusal(pull(nameAt(host)), wrong.password, basicOf(wrong));
            assert.match(
                said,
                new RegExp(`127.0.0.1:${tokens.port} refuses a token .*\\(401: not with .*docker login ${host}`),
            );

            const elsewhere = await servers.tokens();
            const sending = await servers.http((_, response) =>
                response.writeHead(307, { Location: `${elsewhere.realm}?signature=signed` }).end(),
            );
            const { host: sent } = await servers.registry({ tokens: { ...tokens.trust, realm: sending.origin } });
            for (const entry of [{ auth: basicOf(credentials) }, { identitytoken: identityToken }]) {
                await servers.logIn(sent, entry);
                assert.match(await refusal(pull(nameAt(sent)), "signed"), /refuses a token .*\(307\)/);
            }
            assert.deepEqual(elsewhere.asked, []);

            const empty = await servers.http((_, response) => response.end("{}"));
            const { host: none } = await servers.registry({ tokens: { ...tokens.trust, realm: empty.origin } });
            assert.match(await refusal(pull(nameAt(none))), /returned no token for repository:caches\/ci:pull/);
        }),
    );

    it(
        "that redirects to another host for its blobs does not cause a login to be sent there",
        withServers(async (servers) => {
            const tokens = await servers.tokens();
            const { data, ...first } = await servers.registry();
            await servers.logIn(first.host);
            await push(nameAt(first.host));
            const storage = await servers.storage(data);
            for (const origin of [storage.origin, `http://localhost:${storage.port}`]) {
                for (const how of [{}, { tokens: { realm: tokens.realm, ...tokens.trust } }]) {
                    const { host } = await servers.registry({ data, storage: origin, ...how });
                    await servers.logIn(host);
                    assert.deepEqual(await pull(nameAt(host)), content);
                }
            }
            assert.equal(storage.asked.length, 4);
            for (const { authorization } of storage.asked) assert.equal(authorization, undefined);
        }),
    );

    it(
        "that redirects to another host does not make that host get a login, also if that host redirects back",
        withServers(async (servers) => {
            const tokens = await servers.tokens();
            const { data, ...first } = await servers.registry();
            await servers.logIn(first.host);
            await push(nameAt(first.host));
            const asks = (challenge: string) => (_: unknown, response: Parameters<Answer>[1]) =>
                response.writeHead(401, { "WWW-Authenticate": challenge }).end();
            for (const challenge of ['Basic realm="mine"', `Bearer realm="${tokens.realm}",service="mine"`]) {
                const thief = await servers.http(asks(challenge));
                const { host } = await servers.registry({ data, storage: thief.origin });
                await servers.logIn(host);
                const said = await refusal(pull(nameAt(host)));
                assert.match(
                    said,
                    new RegExp(`127.0.0.1:${thief.port}, to which the registry at ${host} redirects, refuses`),
                );
                assert.doesNotMatch(said, /docker login/);
                assert.deepEqual(
                    thief.asked.map(({ authorization }) => authorization),
                    [undefined],
                );
            }
            assert.deepEqual(tokens.asked, []);

            const signed = await servers.http(({ url }, response) => {
                if (url.includes("?")) response.writeHead(403).end("<Error>signed-sesame</Error>");
                else response.writeHead(307, { Location: `${url}?X-Amz-Signature=signed-sesame` }).end();
            });
            const back = await servers.http(({ url }, response) => {
                const digest = /sha256\/..\/(\w+)\/data/.exec(url)?.[1];
                response.writeHead(302, { Location: `http://${first.host}/v2/caches/ci/blobs/sha256:${digest}` }).end();
            });
            const lost = await servers.http((_, response) => response.writeHead(307, { Location: "http://[" }).end());
            const round = await servers.http((_, response) => response.writeHead(307, { Location: "/again" }).end());
            for (const [{ origin }, said] of [
                [signed, /refuses a layer of .* \(403\)$/],
                [back, /\(401: authentication required\)/],
                [lost, /has no address in the header Location/],
                [round, /\(307\)/],
                [{ origin: `http://127.0.0.1:${await freePort()}` }, /cannot be reached: connect ECONNREFUSED/],
            ] as const) {
                const { host } = await servers.registry({ data, storage: origin });
                await servers.logIn(host);
                assert.match(await refusal(pull(nameAt(host)), "signed-sesame"), said);
            }
            assert.equal(round.asked.length, 5);
        }),
    );

    it(
        "that redirects uploads to another host does not cause a login to be sent there",
        withServers(async (servers) => {
            const other = await servers.http((_, response) => response.writeHead(401).end());
            const { host } = await servers.registry({ seenAs: `http://localhost:${other.port}` });
            await servers.logIn(host);
            assert.match(await refusal(push(nameAt(host))), /to which the registry at .* redirects, refuses a layer/);
            assert.deepEqual(
                other.asked.map(({ method, authorization }) => [method, authorization]),
                [["PUT", undefined]],
            );
        }),
    );

    it(
        "with HTTPS gets nothing over HTTP",
        withServers(async (servers) => {
            const { address, tls, local } = await servers.certificates();
            const [tokens, plainTokens] = [await servers.tokens(local), await servers.tokens()];
            const secure = (options: Parameters<typeof startRegistry>[1]) =>
                servers.registry({ address, tls, ...options });
            const { data, host } = await secure({ tokens: { ...tokens.trust, realm: tokens.realm } });
            await servers.logIn(host);
            await push(nameAt(host));

            for (const entry of [{ auth: basicOf(credentials) }, { identitytoken: identityToken }]) {
                const { host: asking } = await secure({ tokens: { ...plainTokens.trust, realm: plainTokens.realm } });
                await servers.logIn(asking, entry);
                const said = await refusal(pull(nameAt(asking)));
                assert.match(
                    said,
                    new RegExp(
                        `token server of .* is ${plainTokens.origin}, which is not encrypted, .*password in transit`,
                    ),
                );
            }
            assert.deepEqual(plainTokens.asked, []);

            const [storage, plainStorage] = [await servers.storage(data, local), await servers.storage(data)];
            const { host: keeping } = await secure({ data, storage: storage.origin });
            await servers.logIn(keeping);
            assert.deepEqual(await pull(nameAt(keeping)), content);
            assert.deepEqual(
                storage.asked.map(({ authorization }) => authorization),
                [undefined],
            );
            const { host: leaking } = await secure({ data, storage: plainStorage.origin });
            await servers.logIn(leaking);
            assert.match(
                await refusal(pull(nameAt(leaking))),
                /redirects to http:.* is not encrypted\. The redirect is not followed/,
            );
            const { host: misled } = await secure({ data, seenAs: plainStorage.origin });
            await servers.logIn(misled);
            assert.match(await refusal(push(nameAt(misled))), /not encrypted.*X-Forwarded-Proto/);
            assert.deepEqual(plainStorage.asked, []);
        }),
    );

    it(
        "that returns another manifest than the digest names causes an error",
        withServers(async (servers) => {
            const manifest = JSON.stringify({ schemaVersion: 2 });
            const { port } = await servers.http((_, response) => response.end(manifest));
            const named = (text: string) =>
                `127.0.0.1:${port}/caches/ci@sha256:${createHash("sha256").update(text).digest("hex")}`;
            const read = async (image: string) => (await openRepository(image, "pull")).manifest(manifestType);
            assert.deepEqual(await read(named(manifest)), { schemaVersion: 2 });
            assert.match(await refusal(read(named("another"))), /returned other content than the digest/);
        }),
    );

    it(
        "without the image causes an error with the status 404",
        withServers(async (servers) => {
            const { host } = await servers.registry({ auth: false });
            const isMissing = (error: unknown) => error instanceof RegistryError && error.status === 404;
            await assert.rejects(pull(nameAt(host)), isMissing);
        }),
    );
});
