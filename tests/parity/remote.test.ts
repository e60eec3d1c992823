/**
 * Creates each builder of the `remote` driver twice, with `docker buildx create` and with the resource, for each option
 * alone and for all options together. Compares the records and the output of buildx, and builds on both.
 */
import { strict as assert } from "node:assert";
import { certificates } from "../../provider/resources/remote/desired";
import { type Buildkitd, buildctlOf, startBuildkitd } from "../support/buildkitd";
import { build, context } from "../support/image";
import { remote, resources } from "../support/program";
import { startSshd, type Sshd } from "../support/sshd";
import { Stack } from "../support/stack";

interface Case {
    /** Arguments of `docker buildx create`, and of each further `docker buildx create --append`. */
    readonly cli: readonly (readonly string[])[];
    /** Arguments of `RemoteBuilder`. */
    readonly args: object;
}

const option = (name: string, value: string) => ["--driver-opt", `${name}=${value}`];

/** The cases, for a daemon with TLS, a daemon without it, and a daemon behind ssh. */
function casesFor(daemon: Buildkitd, plain: Buildkitd, ssh: string): Readonly<Record<string, Case>> {
    const { ca, cert, key } = daemon.files;
    const port = new URL(daemon.tcp).port;
    const mtls = [...option("cacert", ca), ...option("cert", cert), ...option("key", key)];
    const tls = { ca, cert, key };
    const container = `docker-container://${plain.container}`;
    return {
        "tcp://": { cli: [[plain.tcp]], args: { endpoint: plain.tcp } },
        "unix://": { cli: [[plain.unix]], args: { endpoint: plain.unix } },
        "docker-container://": { cli: [[container]], args: { endpoint: container } },
        "ssh://": { cli: [[ssh]], args: { endpoint: ssh } },
        "cacert, cert and key": { cli: [[...mtls, daemon.tcp]], args: { endpoint: daemon.tcp, tls } },
        servername: {
            cli: [[...mtls, ...option("servername", "127.0.0.1"), `tcp://localhost:${port}`]],
            args: { endpoint: `tcp://localhost:${port}`, tls: { ...tls, serverName: "127.0.0.1" } },
        },
        "default-load": {
            cli: [[...option("default-load", "true"), plain.tcp]],
            args: { endpoint: plain.tcp, defaultLoad: true },
        },
        "default-load=false": {
            cli: [[...option("default-load", "false"), plain.tcp]],
            args: { endpoint: plain.tcp, defaultLoad: false },
        },
        "--platform": {
            cli: [["--platform", "linux/arm64,linux/arm/v7", plain.tcp]],
            args: { endpoint: plain.tcp, platforms: ["linux/aarch64", "linux/arm"] },
        },
        "all together, with two nodes": {
            cli: [
                [
                    ...[...mtls, ...option("servername", "127.0.0.1"), ...option("default-load", "true")],
                    ...["--platform", "linux/amd64,linux/arm64", daemon.tcp],
                ],
                [...option("default-load", "true"), "--append", "--platform", "linux/arm64", plain.tcp],
            ],
            args: {
                defaultLoad: true,
                nodes: [
                    {
                        endpoint: daemon.tcp,
                        tls: { ...tls, serverName: "127.0.0.1" },
                        platforms: ["linux/amd64", "linux/arm64"],
                    },
                    { endpoint: plain.tcp, platforms: ["linux/arm64"] },
                ],
            },
        },
    };
}

describe("parity with docker buildx create --driver remote", () => {
    let stack: Stack;
    let sshd: Sshd;
    let cases: Readonly<Record<string, Case>>;
    let folder: string;
    const names = (index: number) => ({ ours: `${stack.unique}o${index}-`, theirs: `${stack.unique}t${index}-` });

    before("both builders of each case are created", async () => {
        stack = await Stack.make();
        const [daemon, plain] = await Promise.all([
            startBuildkitd(stack, "d", { tls: true }),
            startBuildkitd(stack, "p"),
        ]);
        sshd = await startSshd(stack.folder, "unix:///var/run/docker.sock", await buildctlOf(stack, plain));
        Object.assign(stack.env, sshd.env);
        folder = await context(stack, "FROM scratch\nCOPY busybox /bin/sh\n");
        cases = casesFor(daemon, plain, sshd.host);
        const builders = Object.values(cases).map(({ args }, index) => {
            return [`b${index}`, remote({ name: names(index).ours, ...args })] as const;
        });
        await stack.program(resources(Object.fromEntries(builders)));
        await stack.up();
        for (const [index, { cli }] of Object.values(cases).entries())
            for (const args of cli)
                await stack.buildx("create", "--name", names(index).theirs, "--driver", "remote", ...args);
    });

    after(async () => {
        await sshd.remove();
        await stack.remove();
    });

    it("of each option and each kind of endpoint: the records are equal, and buildx shows the same", async () => {
        for (const [index, what] of Object.keys(cases).entries()) {
            const { ours, theirs } = names(index);
            const [ourRecord, theirRecord] = await Promise.all([stack.record(ours), stack.record(theirs)]);
            assert.deepEqual(JSON.parse(JSON.stringify(ourRecord).replaceAll(ours, theirs)), theirRecord, what);
            assert.deepEqual(keysIn(ourRecord), keysIn(theirRecord), what);
            const [ourView = "", theirView = ""] = await Promise.all([ours, theirs].map(seenByBuildx));
            assert.equal(ourView.replaceAll(ours, theirs), theirView, what);
            assert.match(ourView, /Status: +running/, what);
        }
    });

    it("of each option and each kind of endpoint: both build", async () => {
        for (const index of Object.keys(Object.values(cases)))
            for (const name of Object.values(names(Number(index)))) await build(stack, name, folder);
    });

    it("of the options of TLS: each argument has a case", () => {
        const all = JSON.stringify(Object.values(cases).map(({ args }) => args));
        for (const part of [...certificates, "serverName"]) assert.ok(all.includes(`"${part}"`), part);
    });

    it("of all cases: preview and refresh find no change, and destroy leaves the builders of buildx", async () => {
        await stack.preview("--expect-no-changes");
        await stack.refresh("--expect-no-changes");
        await stack.destroy();
        const left = Object.keys(Object.values(cases)).map((index) => names(Number(index)).theirs);
        assert.deepEqual((await stack.records()).sort(), left.sort());
    });

    /** Returns the output of `docker buildx inspect`, without the time of the last use. */
    async function seenByBuildx(name: string): Promise<string> {
        const text = await stack.buildx("inspect", name);
        return text
            .split("\n")
            .filter((line) => !/^Last Activity:/.test(line.trim()))
            .map((line) =>
                line.startsWith("Driver Options:") ? (line.match(/\S+="[^"]*"/g) ?? []).sort().join() : line,
            ) // their order is random
            .join("\n");
    }
});

/** Returns the keys of an object at every level, in their order. */
const keysIn = (value: unknown): unknown =>
    typeof value === "object" && value !== null
        ? Object.entries(value).map(([key, each]) => [key, keysIn(each)])
        : undefined;
