import { strict as assert } from "node:assert";
import { cp, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspectContainer, leftovers } from "../support/docker";
import { failuresOfBuilder } from "../../provider/resources/docker-container/check";
import { contextNames, createContext, inspectContext, isolateDockerConfig, tlsFiles } from "../support/dockerConfig";
import { type Certificates, second } from "../support/engines";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";
import { run } from "../support/run";

/** The texts of certificates under docker's names. */
async function asFiles(certificates: Certificates): Promise<Record<string, string>> {
    const { ca, cert, key } = await certificates.pem();
    return { "ca.pem": ca, "cert.pem": cert, "key.pem": key };
}

const endpointsOf = async (project: Project, builder: string) =>
    ((await project.record(builder)).Nodes as { Endpoint: string }[]).map((node) => node.Endpoint);

/** Nothing of docker's in the environment but its configuration. */
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
        "is reached with certificates as arguments, and buildx reaches it by a context that is kept in step and goes with the builder",
        withProject(async (project) => {
            await isolateDockerConfig(project);
            const client = second.certificates("client");
            const own = join(project.folder, "certificates");
            await cp(client.folder, own, { recursive: true });
            const pem = JSON.stringify(await client.pem());
            const program = (key = "") => `
                const tls = { ca: "certificates/ca.pem", cert: "certificates/cert.pem", key: "certificates/key.pem" };
                const endpoint = "${second.tcp}";
                new buildx.BuildxBuilder("paths", { name: unique + "-paths", endpoint, tls });
                const state = new buildx.BuildKitState("cache", { builderName: unique + "-text", endpoint, tls: ${pem} });
                new buildx.BuildxBuilder("text", { state, ${key} });`;
            await project.program(program());
            const up = await project.up();
            const names = [`${project.unique}-paths`, `${project.unique}-text`];
            const contextOf = (name: string) => `pulumi-buildx-${name}0`;
            assert.deepEqual((await contextNames(project)).sort(), names.map(contextOf));
            for (const name of names) {
                assert.deepEqual(await endpointsOf(project, name), [contextOf(name)]);
                const made = await inspectContext(project, contextOf(name));
                assert.deepEqual(made.Endpoints, { docker: { Host: second.tcp, SkipTLSVerify: false } });
                assert.deepEqual(await tlsFiles(made), await asFiles(client));
                for (const file of made.TLSMaterial.docker ?? []) {
                    assert.equal((await stat(join(made.Storage.TLSPath, "docker", file))).mode & 0o777, 0o600);
                }
                assert.equal((await stat(made.Storage.TLSPath)).mode & 0o777, 0o700);
                assert.ok(await inspectContainer(`buildx_buildkit_${name}0`, second.host));
                assert.equal(await inspectContainer(`buildx_buildkit_${name}0`), undefined);
            }
            const folder = await context(project);
            await withoutDockerHost(async () => {
                await Promise.all(names.map((name) => build(project, name, folder)));
            });
            // A key that was given as text is a secret wherever Pulumi keeps it, and on the way there.
            const { key } = await client.pem();
            const line = key.split("\n")[1] as string;
            const state = join(project.folder, "backend/.pulumi/stacks", project.unique, "test.json");
            assert.ok(!(await readFile(state, "utf8")).includes(line) && !up.output.includes(line));
            await project.preview("--expect-no-changes");

            // New certificates at the same paths, and a context that someone removed.
            const other = second.certificates("other-client");
            await cp(other.folder, own, { recursive: true });
            await run("docker", ["context", "rm", contextOf(names[1] as string)], { env: project.env });
            await project.failing("preview", "--expect-no-changes");
            const before = await inspectContainer(`buildx_buildkit_${names[0]}0`, second.host);
            await project.up();
            assert.deepEqual(
                await tlsFiles(await inspectContext(project, contextOf(names[0] as string))),
                await asFiles(other),
            );
            assert.deepEqual(
                await tlsFiles(await inspectContext(project, contextOf(names[1] as string))),
                await asFiles(client),
            );
            const after = await inspectContainer(`buildx_buildkit_${names[0]}0`, second.host);
            assert.equal(after?.State.StartedAt, before?.State.StartedAt);
            await withoutDockerHost(async () => {
                await Promise.all(names.map((name) => build(project, name, folder)));
            });

            await project.destroy();
            assert.deepEqual(await contextNames(project), []);
            assert.deepEqual(await leftovers(project.unique, second.host), []);
            assert.deepEqual(await project.records(), []);
        }),
    );

    it(
        "is reached by a docker context and by DOCKER_HOST with DOCKER_CERT_PATH, which buildx alone refuses",
        withProject(async (project) => {
            await isolateDockerConfig(project);
            const client = second.certificates("client");
            const byContext = `${project.unique}-tls`;
            await createContext(project, byContext, second.tcp, client);
            const stranger = `pulumi-buildx-${project.unique}-env0`;
            await createContext(project, stranger, second.host);
            Object.assign(project.env, {
                DOCKER_HOST: second.tcp,
                DOCKER_TLS_VERIFY: "1",
                DOCKER_CERT_PATH: client.folder,
            });
            await project.program(`
                new buildx.BuildxBuilder("context", { name: unique + "-context", endpoint: "${byContext}" });
                new buildx.BuildxBuilder("env", { name: unique + "-env" });`);
            // A context of someone else is not written over.
            assert.match(
                await project.failing("up"),
                new RegExp(
                    `needs a docker context ${stranger}, but another process or user created a context of that name`,
                ),
            );
            assert.equal((await inspectContext(project, stranger)).Endpoints.docker.Host, second.host);
            await run("docker", ["context", "rm", stranger], { env: project.env });
            await project.up();
            assert.deepEqual(await endpointsOf(project, `${project.unique}-context`), [byContext]);
            assert.deepEqual(await endpointsOf(project, `${project.unique}-env`), [stranger]);
            assert.deepEqual(await tlsFiles(await inspectContext(project, stranger)), await asFiles(client));

            const { DOCKER_HOST: _, DOCKER_TLS_VERIFY: __, DOCKER_CERT_PATH: ___, ...env } = project.env;
            const folder = await context(project);
            await withoutDockerHost(async () => {
                for (const each of ["context", "env"]) {
                    await build({ ...project, env } as Project, `${project.unique}-${each}`, folder);
                }
            });
            await project.destroy();
            assert.deepEqual(await contextNames(project), [byContext]);
            assert.deepEqual(await leftovers(project.unique, second.host), []);
        }),
    );

    it(
        "that does not trust the client, or is not to be trusted, is not used, and bad arguments are told at preview",
        withProject(async (project) => {
            await isolateDockerConfig(project);
            const { ca, cert, key } = second.certificates("client").paths;
            const stranger = second.certificates("stranger").paths;
            const builders = (all: Record<string, object>) =>
                Object.entries(all)
                    .map(([name, args]) => {
                        const given = { name: `${project.unique}-${name}`, endpoint: second.tcp, ...args };
                        return `new buildx.BuildxBuilder("${name}", ${JSON.stringify(given)});`;
                    })
                    .join("\n");
            const broken = join(project.folder, "broken.pem");
            await writeFile(broken, "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
            const pasted = "MHcCAQEEIBsecretsecretsecret".repeat(12);
            const bad: [args: object, property: string, told: RegExp][] = [
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
                for (const [args, property, told] of bad) {
                    const all = { name: "ci", endpoint: second.tcp, ...args };
                    const [failure, ...others] = await failuresOfBuilder(all);
                    assert.deepEqual([failure?.property, others], [property, []], JSON.stringify(args));
                    assert.match(failure?.reason ?? "", told);
                    assert.doesNotMatch(failure?.reason ?? "", /secretsecret|open-sesame/);
                }
                await project.program(builders({ bad: { tls: { ca: broken, cert: "nowhere", key: pasted } } }));
                const preview = await project.failing("preview");
                for (const part of ["ca", "cert", "key"])
                    assert.match(preview, new RegExp(`tls\\.${part}.* (cannot be read|contains no valid)`));
                assert.ok(!preview.includes("secretsecret"), preview);

                await project.program(
                    builders({
                        client: { tls: { ...stranger, ca } },
                        authority: { tls: { ca: stranger.ca, cert, key } },
                        nobody: { tls: { ca } },
                        silent: { endpoint: `tcp://${second.silent}` },
                    }),
                );
                const refused = await project.failing("up", "--continue-on-error");
                for (const what of [
                    /the engine rejects the client certificate of the argument tls \(.*unknown ca\)/,
                    /the engine's certificate is not trusted \(.*\): it must be signed by the authority of the argument tls/,
                    /the engine requires a client certificate \(.*\), but the argument tls has none/,
                    /at tcp:\/\/[\d.]+:9 \(from the argument endpoint\): no response within 8 s/,
                ]) {
                    assert.match(refused, what);
                }
            });
            assert.deepEqual(
                [await contextNames(project), await project.records(), await project.state()],
                [[], [], []],
            );
        }),
    );
});
