import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { engineId, second } from "../support/engines";
import { found } from "../support/found";
import { type Sshd, startSshd } from "../support/sshd";
import { type Stack, withStack } from "../support/stack";

const withSshd = (test: (sshd: Sshd, stack: Stack, engine: string) => Promise<void>) =>
    withStack(async (stack) => {
        const sshd = await startSshd(stack.folder, second.host);
        try {
            await test(sshd, stack, await engineId({ env: { DOCKER_HOST: second.host } }));
        } finally {
            await sshd.remove();
        }
    });

/** Returns the configuration of a host with a name of its own. */
const alias = ({ host }: Sshd, ...more: string[]) => {
    const { username, hostname, port } = new URL(host);
    return ["Host builder-box", ...[`HostName ${hostname}`, `User ${username}`, `Port ${port}`, ...more]];
};

describe("the user's ssh configuration", () => {
    it(
        "sets everything of a host, with a jump host, a master connection and a terminal",
        withSshd(async (sshd, stack, engine) => {
            const jump = alias(sshd).map((line) => line.replace("builder-box", "jump"));
            const key = (await readFile(sshd.knownHosts, "utf8")).replace(/^\S+/, "builder-box");
            await writeFile(sshd.knownHosts, key + (await readFile(sshd.knownHosts, "utf8")));
            const path = join(stack.folder, "master");
            for (const more of [
                [],
                ["HostKeyAlias builder-box", "RequestTTY force", "LogLevel VERBOSE"],
                ["ControlMaster auto", `ControlPath ${path}`, "ControlPersist 3"],
                ["ProxyJump jump"],
            ]) {
                await sshd.configure(...alias(sshd, ...more), ...jump);
                const { id, error } = await found(sshd.env, "ssh://builder-box");
                assert.deepEqual([id, error], [engine, undefined], more.join(", "));
            }
            await sshd.configure(...alias(sshd, "ControlMaster auto", `ControlPath ${path}`, "ControlPersist 3"));
            const { error, ms } = await found(sshd.env, "ssh://builder-box/nowhere.sock");
            assert.match(error ?? "", /nowhere\.sock: connect: no such file/);
            assert.ok(ms < 8000); // the master connection keeps the streams open
        }),
    );

    it(
        "sets the handling of host keys: unknown keys are rejected without a prompt, or accepted",
        withSshd(async (sshd, _, engine) => {
            const ask = () => found({ ...sshd.env, SSH_ASKPASS: "/bin/true", SSH_ASKPASS_REQUIRE: "force" }, sshd.host);
            await writeFile(sshd.knownHosts, "");
            for (const lines of [[], ["StrictHostKeyChecking ask"], ["StrictHostKeyChecking yes"]]) {
                await sshd.configure(...lines);
                const { error, ms } = await ask();
                assert.match(error ?? "", /the host key is not in known_hosts .*Connect once with ssh/);
                assert.ok(ms < 10_000);
                assert.equal(await readFile(sshd.knownHosts, "utf8"), "");
            }
            await sshd.configure("StrictHostKeyChecking accept-new");
            assert.equal((await ask()).id, engine);
            assert.match(await readFile(sshd.knownHosts, "utf8"), /ssh-ed25519/);
            await sshd.changeHostKey();
            for (const lines of [[], ["StrictHostKeyChecking accept-new"]]) {
                await sshd.configure(...lines);
                assert.match((await ask()).error ?? "", /the host key differs from the key in known_hosts/);
            }
            await sshd.configure("StrictHostKeyChecking no");
            assert.equal((await ask()).id, engine);
        }),
    );

    it(
        "sets the timeout of a connection",
        withSshd(async (sshd) => {
            const ask = () => found(sshd.env, `ssh://me@${second.silent}`);
            await sshd.configure("ConnectTimeout 2");
            const short = await ask();
            assert.match(short.error ?? "", /timed out/);
            assert.ok(short.ms < 6000);
            await sshd.configure("ConnectTimeout 10");
            const long = await ask();
            assert.match(long.error ?? "", /timed out/);
            assert.ok(long.ms > 9500);
        }),
    );
});
