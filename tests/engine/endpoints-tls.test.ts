import { strict as assert } from "node:assert";
import { cp, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspectContainer, leftovers } from "../support/docker";
import { failuresOfBuilder } from "../../provider/resources/docker-container/check";
import { contextNames, createContext, inspectContext, isolateDockerConfig, tlsFiles } from "../support/dockerConfig";
import { type Certificates, second } from "../support/engines";
import { build, context } from "../support/image";
import { builder, resources, state } from "../support/program";
import { run } from "../support/run";
import { type Stack, withStack } from "../support/stack";
import { containerOf } from "../support/state";

/** Returns the texts of certificates by docker's names for their files. */
async function asFiles(certificates: Certificates): Promise<Record<string, string>> {
    const { ca, cert, key } = await certificates.pem();
    return { "ca.pem": ca, "cert.pem": cert, "key.pem": key };
}

const endpointsOf = async (stack: Stack, builder: string) =>
    ((await stack.record(builder)).Nodes as { Endpoint: string }[]).map((node) => node.Endpoint);

/** Runs a test without docker's environment variables. Docker's configuration remains. */
async function withoutDockerHost(test: () => Promise<void>): Promise<void> {
    const names = ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) delete process.env[name];
    try {
        await test();
    } finally {
        for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
    }
}

describe("an engine behind TLS", () => {
    it(
        "is reached with certificates as arguments, and buildx reaches it by a context that is updated and removed with the builder",
        withStack(async (stack) => {
            await isolateDockerConfig(stack);
            const client = second.certificates("client");
            const own = join(stack.folder, "certificates");
            await cp(client.folder, own, { recursive: true });
            const pem = await client.pem();
            const tls = { ca: "certificates/ca.pem", cert: "certificates/cert.pem", key: "certificates/key.pem" };
            const endpoint = second.tcp;
            await stack.program(
                resources({
                    paths: builder({ name: `${stack.unique}-paths`, endpoint, tls }),
                    cache: state({ builderName: `${stack.unique}-text`, endpoint, tls: pem }),
                    text: builder({ state: "${cache}" }),
                }),
            );
            const { output } = await stack.up();
            const names = [`${stack.unique}-paths`, `${stack.unique}-text`];
            const contextOf = (name: string) => `pulumi-buildx-${name}0`;
            assert.deepEqual((await contextNames(stack)).sort(), names.map(contextOf));
            for (const name of names) {
                assert.deepEqual(await endpointsOf(stack, name), [contextOf(name)]);
                const made = await inspectContext(stack, contextOf(name));
                assert.deepEqual(made.Endpoints, { docker: { Host: second.tcp, SkipTLSVerify: false } });
                assert.deepEqual(await tlsFiles(made), await asFiles(client));
                for (const file of made.TLSMaterial.docker ?? []) {
                    assert.equal((await stat(join(made.Storage.TLSPath, "docker", file))).mode & 0o777, 0o600);
                }
                assert.equal((await stat(made.Storage.TLSPath)).mode & 0o777, 0o700);
                assert.ok(await inspectContainer(containerOf(name), second.host));
                assert.equal(await inspectContainer(containerOf(name)), undefined);
            }
            const folder = await context(stack);
            await withoutDockerHost(async () => {
                await Promise.all(names.map((name) => build(stack, name, folder)));
            });
            assert.ok(!output.includes(pem.key.split("\n")[1] as string));
            await stack.preview("--expect-no-changes");

            // The files get new certificates, and a context is removed.
            const other = second.certificates("other-client");
            await cp(other.folder, own, { recursive: true });
            await run("docker", ["context", "rm", contextOf(names[1] as string)], { env: stack.env });
            await stack.failing("preview", "--expect-no-changes");
            const before = await inspectContainer(containerOf(names[0] as string), second.host);
            await stack.up();
            assert.deepEqual(
                await tlsFiles(await inspectContext(stack, contextOf(names[0] as string))),
                await asFiles(other),
            );
            assert.deepEqual(
                await tlsFiles(await inspectContext(stack, contextOf(names[1] as string))),
                await asFiles(client),
            );
            const after = await inspectContainer(containerOf(names[0] as string), second.host);
            assert.equal(after?.State.StartedAt, before?.State.StartedAt);
            await withoutDockerHost(async () => {
                await Promise.all(names.map((name) => build(stack, name, folder)));
            });

            await stack.destroy();
            assert.deepEqual(await contextNames(stack), []);
            assert.deepEqual(await leftovers(stack.unique, second.host), []);
            assert.deepEqual(await stack.records(), []);
        }),
    );

    it(
        "is reached by a docker context and by DOCKER_HOST with DOCKER_CERT_PATH, which buildx alone does not support",
        withStack(async (stack) => {
            await isolateDockerConfig(stack);
            const client = second.certificates("client");
            const byContext = `${stack.unique}-tls`;
            await createContext(stack, byContext, second.tcp, client);
            const stranger = `pulumi-buildx-${stack.unique}-env0`;
            await createContext(stack, stranger, second.host);
            Object.assign(stack.env, {
                DOCKER_HOST: second.tcp,
                DOCKER_TLS_VERIFY: "1",
                DOCKER_CERT_PATH: client.folder,
            });
            await stack.program(
                resources({
                    context: builder({ name: `${stack.unique}-context`, endpoint: byContext }),
                    env: builder({ name: `${stack.unique}-env` }),
                }),
            );
            // A context that another program created is not overwritten.
            assert.match(
                await stack.failing("up"),
                new RegExp(
                    `needs a docker context ${stranger}, but another process or user created a context of that name`,
                ),
            );
            assert.equal((await inspectContext(stack, stranger)).Endpoints.docker.Host, second.host);
            await run("docker", ["context", "rm", stranger], { env: stack.env });
            await stack.up();
            assert.deepEqual(await endpointsOf(stack, `${stack.unique}-context`), [byContext]);
            assert.deepEqual(await endpointsOf(stack, `${stack.unique}-env`), [stranger]);
            assert.deepEqual(await tlsFiles(await inspectContext(stack, stranger)), await asFiles(client));

            const { DOCKER_HOST: _, DOCKER_TLS_VERIFY: __, DOCKER_CERT_PATH: ___, ...env } = stack.env;
            const folder = await context(stack);
            await withoutDockerHost(async () => {
                const builders = ["context", "env"].map((each) => `${stack.unique}-${each}`);
                await Promise.all(builders.map((name) => build({ ...stack, env } as Stack, name, folder)));
            });
            await stack.destroy();
            assert.deepEqual(await contextNames(stack), [byContext]);
            assert.deepEqual(await leftovers(stack.unique, second.host), []);
        }),
    );

    it(
        "that does not trust the client, or is not trusted, is not used, and invalid arguments are reported at preview",
        withStack(async (stack) => {
            await isolateDockerConfig(stack);
            const { ca, cert, key } = second.certificates("client").paths;
            const stranger = second.certificates("stranger").paths;
            const buildersOf = (all: Record<string, object>) =>
                resources(
                    Object.fromEntries(
                        Object.entries(all).map(([name, args]) => [
                            name,
                            builder({ name: `${stack.unique}-${name}`, endpoint: second.tcp, ...args }),
                        ]),
                    ),
                );
            const broken = join(stack.folder, "broken.pem");
            await writeFile(broken, "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
            const pasted = "MHcCAQEEIBsecretsecretsecret".repeat(12);
            const bad: [args: object, property: string, reason: RegExp][] = [
                [{ endpoint: "nowhere" }, "endpoint", /"nowhere" .* neither a host URL .* nor a docker context/],
                [
                    { endpoint: "http://127.0.0.1:2375" },
                    "endpoint",
                    /"http:.*:2375" is not a valid host URL: must start with unix:/,
                ],
                [{ endpoint: "ssh://me:open-sesame@host" }, "endpoint", /^a password is not supported in an ssh:/],
                [
                    { endpoint: "unix:///a.sock", tls: { ca } },
                    "tls",
                    /not supported with endpoint "unix:\/\/\/a\.sock": .*Remove tls/,
                ],
                [{ endpoint: undefined, tls: { ca } }, "tls", /at unix:.* \(the default socket\): .*Set endpoint, too/],
                [{ tls: { ca: "/nowhere/ca.pem" } }, "tls.ca", /"\/nowhere\/ca\.pem" .* \(file not found\)/],
                [{ tls: { ca: "package.json" } }, "tls.ca", /"package\.json" contains no PEM text/],
                [{ tls: { ca: broken } }, "tls.ca", /broken\.pem" contains no valid certificate/],
                [{ tls: { ca: key } }, "tls.ca", /key\.pem" contains no valid certificate/],
                [{ tls: { ca, cert, key: cert } }, "tls.key", /cert\.pem" contains no valid private key/],
                [{ tls: { ca, cert, key: pasted } }, "tls.key", /^the value cannot be read/],
                [{ tls: { ca, cert, key: stranger.key } }, "tls.key", /^does not belong to tls\.cert/],
                [{ tls: { ca, cert } }, "tls.key", /^required with tls\.cert/],
                [{ tls: { ca, crt: cert } }, "tls", /"crt" is not a valid key: did you mean cert\?/],
            ];
            await withoutDockerHost(async () => {
                for (const [args, property, reason] of bad) {
                    const all = { name: "ci", endpoint: second.tcp, ...args };
                    const [failure, ...others] = await failuresOfBuilder(all);
                    assert.deepEqual([failure?.property, others], [property, []], JSON.stringify(args));
                    assert.match(failure?.reason ?? "", reason);
                    assert.doesNotMatch(failure?.reason ?? "", /secretsecret|open-sesame/);
                }
                await stack.program(buildersOf({ bad: { tls: { ca: broken, cert: "nowhere", key: pasted } } }));
                const preview = await stack.failing("preview");
                for (const part of ["ca", "cert", "key"])
                    assert.match(preview, new RegExp(`tls\\.${part}.* (cannot be read|contains no valid)`));
                assert.ok(!preview.includes("secretsecret"), preview);

                await stack.program(
                    buildersOf({
                        client: { tls: { ...stranger, ca } },
                        authority: { tls: { ca: stranger.ca, cert, key } },
                        nobody: { tls: { ca } },
                        silent: { endpoint: `tcp://${second.silent}` },
                    }),
                );
                const refused = await stack.failing("up");
                for (const what of [
                    /the engine rejects the client certificate of the argument tls \(.*unknown ca\)/,
                    /the engine's certificate is not trusted \(.*\): it must be signed by the authority of the argument tls/,
                    /the engine requires a client certificate \(.*\), but the argument tls has none/,
                    /at tcp:\/\/[\d.]+:9 \(from the argument endpoint\): no response within 8 s/,
                ]) {
                    assert.match(refused, what);
                }
            });
            assert.deepEqual([await contextNames(stack), await stack.records(), await stack.state()], [[], [], []]);
        }),
    );
});
