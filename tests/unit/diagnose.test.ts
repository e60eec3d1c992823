import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { diagnose } from "../../cli/doctor/diagnose";
import { kinds as kindsOfFindings, renderKinds } from "../../cli/doctor/kinds";
import { renderFindings } from "../../cli/doctor/render";
import type { Machine } from "../../cli/machine/facts";
import type { HostFacts } from "../../cli/machine/host";
import { container, engine, host, machine, ours, record, volume } from "../support/facts";
import { checkout } from "../support/project";

/** What is found: its kind, and the first command. */
const kinds = (there: Machine, here: HostFacts = host(), ...asked: string[]) =>
    diagnose(there, here, asked).map(({ kind, mends }) => [kind, mends.find(({ command }) => command)?.command]);

const ci = record({ name: "ci" });
const node = "buildx_buildkit_ci0";
const state = `${node}_state`;

describe("the kinds of findings", () => {
    const sources = readdirSync(join(checkout, "cli/doctor"), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts") && path !== "kinds.ts")
        .map((path) => readFileSync(join(checkout, "cli/doctor", path), "utf8"))
        .join("\n");

    it("are each found by a check, and listed with their severity", () => {
        for (const kind of Object.keys(kindsOfFindings)) assert.ok(sources.includes(`"${kind}"`), kind);
        assert.match(renderKinds(), /^disk-full +problem +the disk .*\n/m);
        assert.match(renderKinds(), /^name-unknown +hint +nothing /m);
    });

    it("are shown beside each finding", () => {
        const found = diagnose(machine({ current: "gone" }), host(), []);
        const text = renderFindings(found, { width: Infinity, paint: (_, each) => each });
        assert.match(text, /^✗ the current builder is "gone", .* \[current-missing\]\n/);
    });
});

describe("a diagnosis", () => {
    it("finds nothing where all is well", () => {
        const there = machine({
            records: [ci],
            engines: [engine({ containers: [container({ name: node })] })],
            current: "ci",
        });
        assert.deepEqual(diagnose(there, host({ env: { builder: "ci", context: "" } }), []), []);
        assert.match(renderFindings([], { width: Infinity, paint: (_, text) => text }), /^✓/);
    });

    describe("of an engine", () => {
        const unavailable = (
            kind: "context" | "permission" | "silent" | "unusable",
            address: string,
            isCurrent = false,
        ) => engine({ addresses: [address], host: address, isCurrent, error: { kind, message: "no" } });
        const only = (each: ReturnType<typeof engine>, here?: HostFacts) => kinds(machine({ engines: [each] }), here);

        it("that does not answer says how it is started or looked at", () => {
            const at = (address: string) => only(unavailable("silent", address))[0]?.[1];
            assert.equal(at("unix:///var/run/docker.sock"), "sudo systemctl start docker");
            assert.equal(at("unix:///run/user/1000/docker.sock"), "systemctl --user start docker");
            assert.equal(at("tcp://far:2376"), "docker --host tcp://far:2376 version");
            assert.equal(at("ssh://me@far:22"), "ssh -p 22 me@far docker version");
            const mac = only(unavailable("silent", "unix:///var/run/docker.sock"), host({ platform: "darwin" }));
            assert.deepEqual(mac, [["engine-unreachable", "open -a Docker"]]);
        });

        it("is told once for all its builders, with how each is forgotten", () => {
            const address = "tcp://far:2376";
            const records = [record({ name: "a", address }), record({ name: "b", address })];
            const found = diagnose(machine({ records, engines: [unavailable("silent", address)] }), host(), []);
            assert.equal(found.length, 1);
            assert.match(found[0]?.found ?? "", /used by builder "a", builder "b"/);
            assert.deepEqual(
                found[0]?.mends.slice(1).map(({ command }) => command),
                ["docker buildx rm --force a", "docker buildx rm --force b"],
            );
        });

        it("that the user may not use, that no context has, or that is too old", () => {
            const socket = "unix:///var/run/docker.sock";
            const group = `usermod --append --groups docker "$(id -un)"`;
            assert.deepEqual(only(unavailable("permission", socket)), [["engine-permission", `sudo ${group}`]]);
            assert.deepEqual(only(unavailable("context", "gone", true)), [
                ["context-missing", "docker context use default"],
            ]);
            const byVariable = host({ env: { builder: "", context: "gone" } });
            assert.deepEqual(only(unavailable("context", "gone", true), byVariable), [
                ["context-missing", "unset DOCKER_CONTEXT"],
            ]);
            const old = engine({ version: "18.09.9", apiVersion: "1.39" });
            assert.deepEqual(only(old), [["engine-too-old", undefined]]);
            assert.deepEqual(only(engine({ apiVersion: "1.40" })), []);
        });
    });

    describe("of a record", () => {
        it("that cannot be read is told whichever builder is asked for", () => {
            const broken = record({ name: "broken", unreadable: "no JSON", driver: "", nodes: [] });
            const removal = "rm /home/me/.docker/buildx/instances/broken";
            const well = engine({ containers: [container({ name: node })] });
            const there = machine({ records: [broken, ci], engines: [well] });
            assert.deepEqual(kinds(there, host(), "ci"), [["record-unreadable", removal]]);
            const made = container({ name: "buildx_buildkit_broken0", owner: ours("BuildxBuilder", "b") });
            const stacks = machine({ records: [broken], engines: [engine({ containers: [made] })] });
            assert.deepEqual(kinds(stacks), [["record-unreadable", "pulumi up --stack dev"]]);
        });

        it("without its container is booted, by its stack where one has its volume", () => {
            const boot = [["record-without-container", "docker buildx inspect --bootstrap ci"]];
            assert.deepEqual(kinds(machine({ records: [ci], engines: [engine()] })), boot);
            const kept = volume({ name: state, owner: ours("BuildKitState", "cache") });
            const up = [["record-without-container", "pulumi up --refresh --stack dev"]];
            assert.deepEqual(kinds(machine({ records: [ci], engines: [engine({ volumes: [kept] })] })), up);
            const theirs = volume({ name: state, owner: ours("BuildKitState", "cache", "another store") });
            assert.deepEqual(kinds(machine({ records: [ci], engines: [engine({ volumes: [theirs] })] })), boot);
        });

        it("of a platform that BuildKit does not offer", () => {
            const there = machine({
                records: [record({ name: "ci", platforms: ["linux/amd64", "linux/arm64", "linux/arm/v7"] })],
                engines: [engine({ containers: [container({ name: node })] })],
            });
            const install = "docker run --privileged --rm tonistiigi/binfmt --install arm64,arm";
            assert.deepEqual(kinds(there), [["platform-missing", install]]);
        });

        it("of another driver is left alone, and said to be if it is asked for", () => {
            const there = machine({ records: [record({ name: "k", driver: "cloud" })] });
            assert.deepEqual(kinds(there), []);
            assert.deepEqual(kinds(there, host(), "k"), [["other-driver", "docker buildx inspect k"]]);
            const [found] = diagnose(there, host(), ["k"]);
            assert.equal(found?.severity, "hint");
            assert.match(
                found?.found ?? "",
                /has the driver cloud: only builders with the drivers docker-container, remote, kubernetes/,
            );
        });

        describe("of the remote or kubernetes driver", () => {
            const far = record({ name: "far", driver: "remote", address: "tcp://far:1234" });
            const daemon = { builder: "far", node: "far0", address: "tcp://far:1234", files: [] };
            const farm = record({ name: "farm", driver: "kubernetes", address: "kubernetes:///farm" });
            const clusterNode = {
                ...{ builder: "farm", node: "farm0", address: "kubernetes:///farm", workload: "farm0" },
                ...{ kind: "Deployment", namespace: "builds", where: "the cluster", isMissing: false },
                pods: [{ name: "farm0-a", restarts: 0, whyNotReady: undefined }],
            };

            it("is well if its daemon or its pods respond", () => {
                const files = [{ path: "/ca.pem", isPublic: false }];
                const there = machine({
                    records: [far, farm],
                    daemons: [{ ...daemon, workers: { platforms: ["linux/amd64"], version: "v0.34.2" }, files }],
                    clusterNodes: [clusterNode],
                });
                assert.deepEqual(kinds(there), []);
                assert.deepEqual(kinds(there, host(), "far", "farm"), []);
            });

            it("has a daemon that does not respond, or files that it cannot use", () => {
                const of = (others: object) => kinds(machine({ records: [far], daemons: [{ ...daemon, ...others }] }));
                assert.deepEqual(of({ error: "no" }), [["daemon-silent", "docker buildx rm far"]]);
                const missing = { path: "/ca.pem", isPublic: false, error: "does not exist" };
                assert.deepEqual(of({ error: "no", files: [missing] }), [["certificate-unreadable", undefined]]);
                const open = { path: "/key.pem", isPublic: true };
                assert.deepEqual(of({ files: [open] }), [["key-public", "chmod 600 /key.pem"]]);
            });

            it("has a cluster that does not respond, no workload, or pods that do not run", () => {
                const of = (others: object) =>
                    diagnose(machine({ records: [farm], clusterNodes: [{ ...clusterNode, ...others }] }), host(), []);
                const shown = (others: object) =>
                    of(others).map(({ kind, mends }) => [kind, mends.find(({ command }) => command)?.command]);
                assert.deepEqual(shown({ error: "no" }), [["cluster-unreadable", "docker buildx rm farm"]]);
                assert.deepEqual(shown({ isMissing: true }), [
                    ["workload-missing", "docker buildx inspect --bootstrap farm"],
                ]);
                const pods = [{ name: "farm0-a", restarts: 4, whyNotReady: "the container exited" }];
                const kubeconfig = { path: "/farm0.yaml", isPublic: true };
                assert.deepEqual(shown({ pods, kubeconfig }), [
                    ["key-public", "chmod 600 /farm0.yaml"],
                    [
                        "pods-not-ready",
                        "kubectl --kubeconfig /farm0.yaml --namespace builds describe pods --selector app=farm0",
                    ],
                    ["pod-restarting", "kubectl --kubeconfig /farm0.yaml --namespace builds logs --previous farm0-a"],
                ]);
                assert.match(
                    of({ pods })[0]?.found ?? "",
                    /^0 of 1 pods of builder "farm" are ready: farm0-a: the cont/,
                );
                assert.match(of({ pods: [] })[0]?.found ?? "", /it has no pods/);
            });
        });

        it("that this user may not read is given to them, and not removed", () => {
            const command = "sudo chown -R 1000:1000 /store/instances/ci";
            const forbidden = { message: "this user may not read it", command };
            const there = machine({
                records: [record({ name: "ci", unreadable: "no", forbidden, driver: "", nodes: [] })],
            });
            assert.deepEqual(kinds(there), [["record-forbidden", command]]);
        });
    });

    describe("of a container", () => {
        const at = (state: string, others = {}) => {
            const broken = container({ name: node, state, workers: undefined, lastLogLine: "out of luck", ...others });
            return machine({ records: [ci], engines: [engine({ containers: [broken] })] });
        };

        for (const [name, there, kind, command] of [
            ["stopped", at("exited"), "container-stopped", `docker start ${node}`],
            ["never started", at("created"), "container-stopped", `docker start ${node}`],
            ["paused", at("paused"), "container-paused", `docker unpause ${node}`],
            ["silent", at("running"), "buildkit-silent", `docker restart ${node}`],
            ["restarting", at("restarting"), "container-restarting", `docker logs --tail 20 ${node}`],
            [
                "killed for its memory",
                at("exited", { oomKilled: true, memory: 1024 ** 3 }),
                "container-out-of-memory",
                `docker update --memory 2048m --memory-swap 4096m ${node} && docker restart ${node}`,
            ],
        ] as const) {
            it(`that is ${name}`, () => {
                assert.deepEqual(kinds(there), [[kind, command]]);
                assert.match(diagnose(there, host(), [])[0]?.found ?? "", /the last line of its log: out of luck$/);
            });
        }

        it("that ends again and again is made anew on its cache, where its options are buildx's", () => {
            const commands = (there: Machine) => diagnose(there, host(), [])[0]?.mends.map(({ command }) => command);
            const create = "docker buildx create --bootstrap --driver docker-container --name ci --node ci0";
            assert.deepEqual(commands(at("restarting")), [
                `docker logs --tail 20 ${node}`,
                `docker buildx rm --keep-state ci && ${create} unix:///var/run/docker.sock`,
            ]);
            assert.deepEqual(commands(at("restarting", { owner: ours("BuildxBuilder", "b") })), [
                `docker logs --tail 20 ${node}`,
                "pulumi up --refresh --stack dev",
            ]);
        });

        it("whose disk is nearly full", () => {
            const disk = (available: number) => container({ name: node, disk: { size: 100e9, available } });
            const there = (available: number) =>
                machine({ records: [ci], engines: [engine({ containers: [disk(available)] })] });
            assert.deepEqual(kinds(there(6e9)), []);
            assert.deepEqual(kinds(there(4e9)), [["disk-full", "docker buildx prune --all --force --builder ci"]]);
        });

        it("without a record is recorded again, and left alone where another store has it", () => {
            const left = (owner?: ReturnType<typeof ours>) =>
                kinds(machine({ engines: [engine({ containers: [container({ name: node, owner })] })] }));
            const create = "docker buildx create --driver docker-container --name ci --node ci0";
            assert.deepEqual(left(), [["container-without-record", `${create} unix:///var/run/docker.sock`]]);
            assert.deepEqual(left(ours("BuildxBuilder", "b")), [["container-without-record", "pulumi up --stack dev"]]);
            assert.deepEqual(left(ours("BuildxBuilder", "b", "another store")), []);
        });
    });

    describe("of a volume", () => {
        const left = (
            others: Partial<Parameters<typeof volume>[0]> = {},
            records = [record({ name: "x", driver: "remote" })],
        ) =>
            kinds(
                machine({ records, engines: [engine({ volumes: [volume({ name: state, size: 5e6, ...others })] })] }),
            );

        it("that nothing has any more", () => {
            const removal = [["volume-without-builder", `docker volume rm ${state}`]];
            assert.deepEqual(left(), removal);
            assert.deepEqual(left({ owner: ours("BuildxBuilder", "b") }), removal);
        });

        it("that a state, a container or another store has is fine", () => {
            assert.deepEqual(left({ owner: ours("BuildKitState", "cache") }), []);
            assert.deepEqual(left({ owner: ours("BuildxBuilder", "b", "another store") }), []);
            assert.deepEqual(left({ users: ["some"] }), []);
        });
    });

    describe("of this machine", () => {
        const here = (others: Partial<HostFacts>, there = machine({ records: [ci] })) =>
            kinds({ ...there, engines: [engine({ containers: [container({ name: node })] })] }, host(others));

        it("tells who holds the lock, and what cannot be written", () => {
            const path = "/store/.lock";
            assert.deepEqual(here({ lock: { path, heldBy: 7 } }), [["store-locked", "kill 7"]]);
            assert.deepEqual(here({ lock: { path, heldBy: undefined } }), [
                ["store-locked", `fuser --verbose ${path}`],
            ]);
            const folder = (isOwn: boolean) => ({ readOnlyFolder: { path: "/store", isOwn } });
            assert.deepEqual(here(folder(false)), [["store-read-only", "sudo chown -R 1000:1000 /store"]]);
            assert.deepEqual(here(folder(true)), [["store-read-only", "chmod -R u+rwX /store"]]);
        });

        it("tells of choices of what is not there", () => {
            const chosen = machine({ records: [ci], current: "gone" });
            assert.deepEqual(here({}, chosen), [["current-missing", "docker buildx use default"]]);
            assert.deepEqual(here({ env: { builder: "gone", context: "" } }), [
                ["current-missing", "unset BUILDX_BUILDER"],
            ]);
        });

        it("tells of a context without its node", () => {
            const context = (name: string) => ({ name, urn: ours("BuildxBuilder", "b").urn });
            const contexts = [context("pulumi-buildx-ci0"), context("pulumi-buildx-used0")];
            const used = record({ name: "used", address: "pulumi-buildx-used0", driver: "remote" });
            const there = machine({ records: [ci, used] });
            assert.deepEqual(here({ contexts }, there), [
                ["context-without-node", "docker context rm pulumi-buildx-ci0"],
            ]);
        });

        it("only hints at what is missing for docker buildx build, and at names that nothing has", () => {
            const found = diagnose(machine({}), host({ plugin: "no buildx" }), ["none"]);
            assert.deepEqual(
                found.map(({ kind, severity }) => [kind, severity]),
                [
                    ["plugin-missing", "hint"],
                    ["name-unknown", "hint"],
                ],
            );
        });
    });
});
