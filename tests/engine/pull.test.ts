import { strict as assert } from "node:assert";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findEndpoint } from "../../provider/docker/endpoint/endpoint";
import { connect } from "../../provider/docker/engine/engine";
import { digestInRegistry } from "../../provider/docker/engine/image";
import { type Pull, pullImage, pullOrKeep } from "../../provider/docker/engine/pull";
import { openRepository } from "../../provider/registry/repository";
import { docker } from "../support/docker";
import { type Fate, type FlakyRegistry, startFlakyRegistry } from "../support/flakyRegistry";
import { credentials, freePort, type Registry, startRegistry } from "../support/registry";
import { must, run } from "../support/run";
import { basicOf } from "../support/tokenServer";

/** A registry that has an image of the test, and a proxy in front of it that makes requests fail. */
interface Given {
    readonly folder: string;
    readonly flaky: FlakyRegistry;
    readonly registry: Registry;
    /** The name of the image without the host of a registry. */
    readonly name: string;
    /** Pulls and returns what the pull reported, and its warnings. */
    readonly pull: (
        pull: Partial<Pull>,
        signal?: AbortSignal,
        onRetry?: () => void,
    ) => Promise<{ reports: string[]; warnings: string[] }>;
    /** Pulls while requests for a manifest have this fate until the first retry. */
    readonly pullAfter: (fate: Fate, pull: Partial<Pull>) => Promise<{ reports: string[]; warnings: string[] }>;
    readonly isThere: (image: string) => Promise<boolean>;
}

const environment = ["DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "PATH"] as const;

function withImage(test: (given: Given) => Promise<void>, { auth = false } = {}): () => Promise<void> {
    return async () => {
        const before = environment.map((key) => [key, process.env[key]] as const);
        const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-test-"));
        process.env.DOCKER_CONFIG = folder;
        const registry = await startRegistry(folder, { auth });
        const flaky = await startFlakyRegistry(registry.host);
        const name = `${basename(folder).toLowerCase()}/image:here`;
        const pushed = `${registry.host}/${name}`;
        const engine = await connect(await findEndpoint());
        try {
            // Its content differs from the images of all other tests.
            const made = `echo ${pushed} > ${folder}/name && tar -c -C ${folder} name | docker import - ${pushed}`;
            await must("sh", ["-c", made]);
            await configure(folder, { auths: { [registry.host]: { auth: basicOf(credentials) } } });
            await docker(["push", "--quiet", pushed], { env: { DOCKER_CONFIG: folder } });
            await docker(["rmi", pushed]);
            await configure(folder, {});
            const given: Given = {
                folder,
                registry,
                flaky,
                name,
                pull: async (pull, signal = new AbortController().signal, onRetry = () => {}) => {
                    const [reports, warnings]: [string[], string[]] = [[], []];
                    const waiting = {
                        report: (text: string) => {
                            reports.push(text);
                            if (/retrying/.test(text)) onRetry();
                        },
                        warn: (text: string) => warnings.push(text),
                        signal,
                    };
                    await pullImage(engine, { image: `${flaky.host}/${name}`, ...pull }, waiting);
                    return { reports, warnings };
                },
                // The engine requests a manifest twice, with HEAD and GET.
                pullAfter: (fate, pull) => {
                    flaky.decide = (asked) => (asked.includes("manifests") ? fate : "pass");
                    return given.pull(pull, undefined, () => (flaky.decide = () => "pass"));
                },
                isThere: async (image) => (await run("docker", ["image", "inspect", image])).code === 0,
            };
            await test(given);
        } finally {
            for (const [key, value] of before) {
                if (value === undefined) delete process.env[key];
                else process.env[key] = value;
            }
            flaky.stop();
            registry.stop();
            const all = await docker(["images", "--format", "{{.Repository}}:{{.Tag}}"]);
            const own = all.split("\n").filter((each) => each.endsWith(name));
            for (const each of own) await run("docker", ["rmi", "--force", each]);
            await rm(folder, { recursive: true, force: true });
        }
    };
}

const configure = (folder: string, config: object) => writeFile(join(folder, "config.json"), JSON.stringify(config));

/** Gives one request for a manifest this fate, and lets all others pass. */
function once(flaky: FlakyRegistry, fate: Fate, of = /manifests/): void {
    let isDone = false;
    flaky.decide = (asked) => {
        if (isDone || !of.test(asked)) return "pass";
        isDone = true;
        return fate;
    };
}

const failureOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
        () => assert.fail("it did not fail, but must fail"),
        ({ message }: Error) => message,
    );

const limited = { status: 429, body: JSON.stringify({ errors: [{ code: "TOOMANYREQUESTS", message: "slow down" }] }) };

describe("a pull", () => {
    it(
        "is retried and reports it if the registry fails transiently",
        withImage(async ({ flaky, name, pullAfter, isThere }) => {
            const image = `${flaky.host}/${name}`;
            const fates: [Fate, RegExp][] = [
                [{ status: 500 }, /500 Internal Server Error/],
                [{ status: 502, body: "<html>" }, /502 Bad Gateway/],
                [{ status: 503 }, /503 Service Unavailable/],
                [limited, /toomanyrequests: .*slow down/],
                [{ status: 429, body: "Too many" }, /toomanyrequests: Too many/],
                ["cut", /connection reset by peer|EOF/],
            ];
            for (const [fate, why] of fates) {
                const { reports } = await pullAfter(fate, { argument: "bootTimeout" });
                const again = reports.filter((text) => /retrying in/.test(text));
                assert.equal(again.length, 1, reports.join("\n"));
                assert.match(again[0] ?? "", why);
                assert.match(
                    again[0] ?? "",
                    /^pulling .* failed \(.*\): retrying in 0\.\d s \(at most 60 s: bootTimeout\)$/,
                );
                assert.ok(await isThere(image));
                await docker(["rmi", image]);
            }
        }),
    );

    it(
        "fails with the name of the argument when its time is over, and at once if it cannot succeed",
        withImage(async ({ flaky, name, pull }) => {
            flaky.decide = (asked) => (asked.includes("manifests") ? { status: 503 } : "pass");
            let start = performance.now();
            const said = await failureOf(pull({ seconds: 2, argument: "bootTimeout" }));
            assert.match(said, /cannot be pulled: .*503.*\. Retried for 2 s \(bootTimeout\)$/);
            assert.ok(performance.now() - start > 1500);

            for (const [fate, why] of [
                [
                    { status: 404, body: JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN" }] }) },
                    /not found|unknown/,
                ],
                [{ status: 401 }, /docker login/],
                [{ status: 403, body: JSON.stringify({ errors: [{ code: "DENIED" }] }) }, /denied/],
            ] as [Fate, RegExp][]) {
                flaky.asked.length = 0;
                flaky.decide = (asked) => (asked.includes("manifests") ? fate : "pass");
                start = performance.now();
                assert.match(await failureOf(pull({})), why);
                assert.ok(performance.now() - start < 5000);
            }
            const nobody = `127.0.0.1:${await freePort()}/${name}`;
            start = performance.now();
            assert.match(await failureOf(pull({ image: nobody })), /refused/);
            assert.ok(performance.now() - start < 10_000);
        }),
    );

    it(
        "ends as soon as its signal is aborted, also while it is running",
        withImage(async ({ flaky, pull }) => {
            for (const fate of ["silent", { status: 503 }] as const) {
                flaky.decide = (asked) => (/manifests/.test(asked) ? fate : "pass");
                const stop = new AbortController();
                const pulling = failureOf(pull({}, stop.signal));
                await sleep(1000);
                const start = performance.now();
                stop.abort(new Error("stopped by the test"));
                assert.equal(await pulling, "stopped by the test");
                assert.ok(performance.now() - start < 1000);
            }
        }),
    );

    it(
        "does not wait for a mirror that cannot be reached or does not respond, and retries a mirror that fails transiently",
        withImage(async ({ flaky, registry, name, pull, pullAfter, isThere }) => {
            const image = `${registry.host}/${name}`;
            const mirror = `${flaky.host}/${name}`;
            for (const gone of [`127.0.0.1:1/${name}`, `mirror.invalid:5000/${name}`]) {
                const start = performance.now();
                const { reports } = await pull({ image, inMirrors: [gone] });
                assert.doesNotMatch(reports.join("\n"), /retrying/);
                assert.ok(performance.now() - start < 10_000, gone);
                await docker(["rmi", image]);
            }
            flaky.decide = () => "silent";
            const start = performance.now();
            await pull({ image, inMirrors: [mirror] });
            assert.ok(performance.now() - start < 20_000);
            await docker(["rmi", image]);

            // A name that the registry does not have, so that only the mirror can have the image.
            const none = `${registry.host}/nothing/${name}`;
            const { reports } = await pullAfter(
                { status: 503 },
                { image: none, inMirrors: [mirror, `127.0.0.1:1/${name}`] },
            );
            assert.equal(reports.filter((text) => text === `pulling 127.0.0.1:1/${name}`).length, 1);
            assert.equal(reports.filter((text) => text === `pulling ${mirror}`).length, 2);
            assert.ok(await isThere(none));
            await docker(["rmi", none]);
        }),
    );

    it(
        "of an image that the engine has is retried for a short time, and then the engine's image is used",
        withImage(async ({ flaky, registry, name, pull }) => {
            const image = `${flaky.host}/${name}`;
            await pull({});
            const engine = await connect(await findEndpoint());
            const silent = await startFlakyRegistry(registry.host);
            silent.decide = () => "silent";
            const start = performance.now();
            const digest = digestInRegistry(engine, `${silent.host}/${name}`, []).then((found) => {
                assert.ok(performance.now() - start < 10_000);
                return found;
            });
            digest.catch(() => {}); // thrown by the await below
            try {
                flaky.decide = () => ({ status: 503 });
                const reports: string[] = [];
                const waiting = { report: (text: string) => reports.push(text), signal: new AbortController().signal };
                await pullOrKeep(engine, { image, mayFail: true, argument: "bootTimeout" }, waiting);
                assert.ok(performance.now() - start < 20_000);
                assert.match(reports.at(-1) ?? "", new RegExp(`using the local image ${image}: .*503`));

                once(flaky, { status: 503 });
                assert.match((await digestInRegistry(engine, image, [`127.0.0.1:1/${name}`])) ?? "", /^sha256:/);
                assert.equal(await digest, undefined);
            } finally {
                silent.stop();
            }
        }),
    );

    it(
        "of a public image works without a credential helper that is missing or fails, and warns once",
        withImage(async ({ folder, flaky, pullAfter, isThere, name }) => {
            const helper = join(folder, "docker-credential-broken");
            await writeFile(helper, '#!/bin/sh\necho "the keychain is locked"\nexit 1\n');
            await chmod(helper, 0o755);
            process.env.PATH = `${folder}:${process.env.PATH}`;
            for (const [store, why] of [
                ["not-there", /docker-credential-not-there, set in docker's config.json, was not found on the PATH/],
                ["broken", /docker-credential-broken, set in docker's config.json, failed: the keychain is locked/],
            ] as const) {
                await configure(folder, { credsStore: store });
                const { warnings } = await pullAfter({ status: 503 }, {});
                assert.equal(warnings.length, 1);
                assert.match(warnings[0] ?? "", why);
                assert.match(warnings[0] ?? "", /\. Pulling .* without a login$/);
                assert.ok(await isThere(`${flaky.host}/${name}`));
                await docker(["rmi", `${flaky.host}/${name}`]);
            }
        }),
    );

    it(
        "of a private image uses the login of DOCKER_AUTH_CONFIG first, and the error names what is missing",
        withImage(
            async ({ folder, flaky, pull, isThere, name }) => {
                const image = `${flaky.host}/${name}`;
                const wrong = basicOf({ ...credentials, password: "not-the-password" });
                const given = (auth: string) => JSON.stringify({ auths: { [flaky.host]: { auth } } });
                await configure(folder, { credsStore: "not-there", auths: { [flaky.host]: { auth: wrong } } });
                process.env.DOCKER_AUTH_CONFIG = given(basicOf(credentials));
                assert.deepEqual((await pull({})).warnings, []);
                assert.ok(await isThere(image));
                await docker(["rmi", image]);

                await configure(folder, { auths: { [flaky.host]: { auth: basicOf(credentials) } } });
                process.env.DOCKER_AUTH_CONFIG = given(wrong);
                assert.match(await failureOf(pull({})), /unauthorized|authentication required/);

                await configure(folder, { credsStore: "not-there" });
                process.env.DOCKER_AUTH_CONFIG = `{"auths": {"${flaky.host}": {"auth": "secret-sesame`;
                const said = await failureOf(pull({}));
                assert.match(
                    said,
                    /Probable cause: the environment variable DOCKER_AUTH_CONFIG is not valid: must be of the form/,
                );
                assert.match(
                    said,
                    /docker-credential-not-there, set in docker's config.json, was not found on the PATH/,
                );
                assert.ok(!said.includes("sesame"));
            },
            { auth: true },
        ),
    );
});

describe("a request to a registry", () => {
    const type = "application/vnd.docker.distribution.manifest.v2+json";

    it(
        "is retried if it fails transiently, also if retries are not reported",
        withImage(async ({ flaky, name }) => {
            const reports: string[] = [];
            const waiting = { report: (text: string) => reports.push(text), signal: new AbortController().signal };
            for (const fate of [{ status: 500 }, { status: 429 }, "cut"] as const) {
                for (const to of [waiting, undefined]) {
                    reports.length = 0;
                    once(flaky, fate);
                    const repository = await openRepository(`${flaky.host}/${name}`, "pull", to);
                    const { layers } = (await repository.manifest(type)) as { layers: [{ digest: string }] };
                    once(flaky, fate, /blobs/);
                    (await repository.download(layers[0].digest)).resume();
                    if (to === undefined) continue;
                    assert.equal(reports.length, 2, reports.join("\n"));
                    for (const report of reports) assert.match(report, /: retrying in 0\.\d s$/);
                }
                once(flaky, fate, /uploads/);
                await (await openRepository(`${flaky.host}/${name}`, "pull,push", waiting)).upload(Buffer.from("new"));
            }
            flaky.decide = (asked) => (asked.includes("manifests") ? { status: 404 } : "pass");
            reports.length = 0;
            await failureOf((await openRepository(`${flaky.host}/${name}`, "pull", waiting)).manifest(type));
            assert.deepEqual(reports, []);
        }),
    );

    it(
        "that needs a login fails with the name of the credential helper that is missing",
        withImage(
            async ({ folder, flaky, name }) => {
                await configure(folder, { credsStore: "not-there" });
                const warnings: string[] = [];
                const waiting = {
                    report: () => {},
                    warn: (text: string) => warnings.push(text),
                    signal: new AbortController().signal,
                };
                const repository = await openRepository(`${flaky.host}/${name}`, "pull", waiting);
                for (const work of [repository.manifest(type), repository.manifest(type)])
                    assert.match(await failureOf(work), /requires a password\. Probable cause: .*not-there.* PATH/);
                assert.equal(warnings.length, 1);
                process.env.DOCKER_AUTH_CONFIG = JSON.stringify({
                    auths: { [flaky.host]: { auth: basicOf(credentials) } },
                });
                await repository.manifest(type);
            },
            { auth: true },
        ),
    );
});
