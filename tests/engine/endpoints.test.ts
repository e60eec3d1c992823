import { strict as assert } from "node:assert";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker } from "../support/docker";
import { changeDockerConfig, createContext, isolateDockerConfig } from "../support/dockerConfig";
import { engineId, second } from "../support/engines";
import { found, finder } from "../support/found";
import { checkout } from "../support/project";
import { run } from "../support/run";
import { startSshd } from "../support/sshd";
import { type Stack, withStack } from "../support/stack";

/** Creates a docker configuration with a context for each engine. */
async function withContexts(stack: Stack): Promise<string> {
    const folder = await isolateDockerConfig(stack);
    await createContext(stack, "first", "unix:///var/run/docker.sock");
    await createContext(stack, "second", second.host);
    await createContext(stack, "tls", second.tcp, second.certificates("client"));
    return folder;
}

describe("the engine", () => {
    it(
        "is the engine of the docker CLI: by DOCKER_HOST, TLS, DOCKER_CONTEXT, the current context and the default socket",
        withStack(async (stack) => {
            const folder = await withContexts(stack);
            await changeDockerConfig(folder, { currentContext: "second" });
            const without = join(stack.folder, "without");
            await mkdir(without);
            const [first, other] = await Promise.all([
                engineId({ env: { DOCKER_HOST: "unix:///var/run/docker.sock" } }),
                engineId({ env: { DOCKER_HOST: second.host } }),
            ]);
            assert.notEqual(first, other);

            const tls = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: second.certificates("client").folder };
            const none = { DOCKER_HOST: "", DOCKER_CONTEXT: "", DOCKER_TLS_VERIFY: "", DOCKER_TLS: "" };
            const environments: [what: object, engine: string][] = [
                [{ DOCKER_CONFIG: without }, first],
                [{ DOCKER_CONFIG: folder }, other],
                [{ DOCKER_CONFIG: folder, DOCKER_CONTEXT: "first" }, first],
                [{ DOCKER_CONFIG: folder, DOCKER_CONTEXT: "default" }, first],
                [{ DOCKER_CONFIG: folder, DOCKER_CONTEXT: "tls" }, other],
                [{ DOCKER_CONFIG: folder, DOCKER_CONTEXT: "second", DOCKER_HOST: "unix://" }, first],
                [{ DOCKER_CONFIG: without, DOCKER_CONTEXT: "nowhere", DOCKER_HOST: second.host }, other],
                [{ DOCKER_CONFIG: without, DOCKER_HOST: second.tcp, ...tls }, other],
                [{ DOCKER_CONFIG: without, DOCKER_HOST: second.tcp.replace("tcp://", ""), ...tls }, other],
                [
                    { DOCKER_CONFIG: without, DOCKER_HOST: second.tcp, ...tls, DOCKER_TLS_VERIFY: "", DOCKER_TLS: "1" },
                    other,
                ],
            ];
            await Promise.all(
                environments.map(async ([what, engine]) => {
                    const env = { ...none, ...what };
                    const [ours, docker] = await Promise.all([found(env), engineId({ env })]);
                    assert.deepEqual([ours.id ?? ours.error, docker], [engine, engine], JSON.stringify(what));
                }),
            );
            const asked = (endpoint: string) => found({ ...none, DOCKER_CONFIG: folder }, endpoint);
            for (const [endpoint, engine] of [
                ["first", first],
                ["tls", other],
                [second.host, other],
                ["default", first],
            ] as const) {
                assert.equal((await asked(endpoint)).id, engine, endpoint);
            }
        }),
    );

    it(
        "is a rootless engine if there is no default socket",
        withStack(async (stack) => {
            // The mount namespace of the process has no default socket.
            await symlink(second.host.replace("unix://", ""), join(stack.folder, "docker.sock"));
            const script = join(stack.folder, "finder.js");
            await writeFile(script, finder.replaceAll('"./', `"${checkout}/`));
            const hidden = 'mount --bind "$1" "$(readlink -f /var/run)" && shift && exec "$@"';
            const empty = join(stack.folder, "empty");
            await mkdir(empty);
            const args = ["--mount", "sh", "-c", hidden, "sh", empty, "node", script];
            const env = { DOCKER_HOST: "", DOCKER_CONTEXT: "", DOCKER_CONFIG: empty };
            const ask = async (folder: string) => {
                const { output, stdout } = await run("unshare", args, { env: { ...env, XDG_RUNTIME_DIR: folder } });
                assert.match(stdout, /^\{/, output);
                return JSON.parse(stdout) as { id?: string; error?: string };
            };
            assert.equal((await ask(stack.folder)).id, await engineId({ env: { DOCKER_HOST: second.host } }));
            assert.match(
                (await ask(empty)).error ?? "",
                /at unix:\/\/\/var\/run\/docker\.sock \(from the default socket\): socket not found/,
            );
        }),
    );

    it(
        "that cannot be reached is reported within 10 seconds, with the setting that selected it, and with the cause",
        withStack(async (stack) => {
            const folder = await isolateDockerConfig(stack);
            const silent = `tcp://${second.silent}`;
            await createContext(stack, "silent", silent);
            await createContext(stack, "stranger", second.tcp, second.certificates("stranger"));
            await docker(["context", "create", "lax", "--docker", `host=${second.tcp},skip-tls-verify=true`], stack);
            const sshd = await startSshd(stack.folder, second.host);
            const base = { DOCKER_HOST: "", DOCKER_CONTEXT: "", DOCKER_CONFIG: folder, ...sshd.env };
            const tls = (of: "client" | "stranger") => ({
                DOCKER_TLS_VERIFY: "1",
                DOCKER_CERT_PATH: second.certificates(of).folder,
            });
            const unknownHost = sshd.host.replace("127.0.0.1", "localhost");
            try {
                const cases: [env: object, reported: string[], asked?: string][] = [
                    [
                        { DOCKER_CONTEXT: "silent" },
                        [silent, "(from context silent, set by DOCKER_CONTEXT)", "no response within 8 s"],
                    ],
                    [
                        {},
                        [`ssh://me@${second.silent}`, "(from the argument endpoint)", "timed out"],
                        `ssh://me@${second.silent}`,
                    ],
                    [
                        { DOCKER_HOST: "tcp://127.0.0.1:1" },
                        ["tcp://127.0.0.1:1 (from DOCKER_HOST)", "connection refused"],
                    ],
                    [
                        {},
                        ["unix:///nowhere.sock (from the argument endpoint)", "socket not found"],
                        "unix:///nowhere.sock",
                    ],
                    [{}, ["tcp://nowhere.invalid:2375 (", "host not found"], "tcp://nowhere.invalid"],
                    [
                        {},
                        ["ssh://me@127.0.0.1:1 (from the argument endpoint)", "ssh: connect to", "refused"],
                        "ssh://me@127.0.0.1:1",
                    ],
                    [{ DOCKER_HOST: second.tcp }, ["the engine requires TLS", "Set the argument tls"]],
                    [
                        { DOCKER_HOST: second.tcp, ...tls("stranger") },
                        ["the engine's certificate is not trusted", "the authority of DOCKER_CERT_PATH"],
                    ],
                    [
                        {},
                        [
                            "(from context stranger, set by the argument endpoint)",
                            "the engine's certificate is not trusted",
                        ],
                        "stranger",
                    ],
                    [{ DOCKER_CONTEXT: "lax" }, ["requires a client certificate", "context lax has none"]],
                    [
                        { DOCKER_HOST: second.tcp, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/nowhere" },
                        ["DOCKER_TLS_VERIFY is set, but ca.pem is not found in /nowhere"],
                    ],
                    [
                        { DOCKER_CONTEXT: "nowhere" },
                        ['"nowhere" (DOCKER_CONTEXT)', "nor a docker context. List contexts with: docker context ls"],
                    ],
                    [{ DOCKER_HOST: "gopher://x" }, ["gopher://x (from DOCKER_HOST) is not a supported host URL"]],
                    [{}, [`${unknownHost} (`, "the host key is not in known_hosts"], unknownHost],
                    [
                        {},
                        ["Permission denied (publickey)", "add the key to the agent"],
                        sshd.host.replace("//", "//nobody-").replace(/-.*@/, "@"),
                    ],
                    [{}, ["nowhere.sock: connect: no such file"], `${sshd.host}/nowhere.sock`],
                ];
                const ask = async ([env, reported, asked]: (typeof cases)[number]) => {
                    const { error = "it was reached", ms } = await found({ ...base, ...env }, asked);
                    for (const part of reported) assert.ok(error.includes(part), `${part} is not in: ${error}`);
                    assert.doesNotMatch(error, /\n|routines:|undefined/);
                    assert.ok(ms < 10_000, `${error}: ${ms}`);
                };
                // Only a few run at the same time, because each needs processor time to be within its limit.
                for (let at = 0; at < cases.length; at += 4) await Promise.all(cases.slice(at, at + 4).map(ask));
            } finally {
                await sshd.remove();
            }
        }),
    );
});
