import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unknown } from "../../provider/args/unknown";
import { whyInvalidAddress } from "../../provider/buildkit/address";
import { authorityOf, identityCheck, placeOf, sentName } from "../../provider/buildkit/grpc/target";
import { podFailure } from "../../provider/buildkit/inPod";
import { sshFailure } from "../../provider/buildkit/overSsh";
import type { RemoteInputs } from "../../provider/resources/remote/args";
import { failuresOfRemote, nodeIndexes } from "../../provider/resources/remote/check";
import { plan } from "../../provider/resources/remote/plan";
import { planRemoval } from "../../provider/resources/remote/planRemoval";
import { recordOf } from "../../provider/resources/remote/record";
import { secretPaths, toSaved } from "../../provider/resources/remote/saved";
import { argsOf, asAsked, change, desired, nothing, previousOf, stepsOf } from "../support/plannedRemote";
import { checkout } from "../support/project";

const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
const key = "-----BEGIN PRIVATE KEY-----\nk\n-----END PRIVATE KEY-----\n";
const [one, other] = [{ endpoint: "tcp://a:1" }, { endpoint: "tcp://b:1" }];

describe("the address of a BuildKit daemon", () => {
    const valid = [
        ...["tcp://host:1234", "tcp://10.0.0.1:1", "tcp://[::1]:1234", "unix:///run/buildkit/buildkitd.sock"],
        ...["ssh://host", "ssh://ci@host:22/run/buildkit.sock", "docker-container://my_Container.1"],
        ...["docker-container://a?context=far", "kube-pod://buildkitd-0?context=a&namespace=b&container=c"],
    ];
    const invalid: [unknown, RegExp][] = [
        ["https://host:1234", /"https:\/\/host:1234" is not a valid BuildKit address: must start with tcp:\/\/, unix:/],
        ["host:1234", /must start with tcp:\/\//],
        [4, /4 is not a valid BuildKit address/],
        ["tcp://host", /must be tcp:\/\/host:port/],
        ["tcp://host:1234/path", /must be tcp:\/\/host:port/],
        ["tcp://:1234", /must be a URL, for example "tcp:/],
        ["unix://buildkitd.sock", /must be the absolute path of a socket/],
        ["ssh://ci:secret@host", /^"ssh:\/\/ci@host" .*a password is not supported: use a key or the ssh agent/],
        ["ssh://host?a=b", /must end with the host/],
        ["ssh://host/a%20b", /must contain only letters/],
        ["docker-container://", /must be docker-container:\/\/container/],
        ["docker-container://a?namespace=b", /must be docker-container:\/\/container\[\?context=name\]/],
        ["kube-pod://Pod", /must be kube-pod:\/\/pod/],
        ["kube-pod://pod?container=", /must be kube-pod:\/\/pod/],
    ];

    for (const address of valid) it(`may be ${address}`, () => assert.equal(whyInvalidAddress(address), undefined));
    for (const [address, why] of invalid)
        it(`must not be ${String(address)}`, () => assert.match(whyInvalidAddress(address) ?? "", why));

    it("is a named pipe only on Windows", () => {
        const why = whyInvalidAddress("npipe:////./pipe/buildkitd");
        if (process.platform === "win32") assert.equal(why, undefined);
        else assert.match(why ?? "", /named pipes are only available on Windows/);
    });
});

describe("the place of a BuildKit daemon", () => {
    const tls = { ca: "" };
    const certificate = (names: string | undefined) => ({ subject: { CN: "host" }, subjectaltname: names }) as never;

    it("is sent as the authority, and as the name in the handshake unless it is an IP address", () => {
        assert.equal(authorityOf("tcp://host:1234", undefined), "host:1234");
        assert.equal(authorityOf("tcp://10.0.0.1:1234", { ...tls, serverName: "b.example" }), "b.example");
        assert.equal(sentName("tcp://host:1234", tls), "host");
        assert.equal(sentName("tcp://10.0.0.1:1234", tls), undefined);
        assert.equal(sentName("tcp://[::1]:1234", tls), undefined);
        assert.deepEqual(placeOf("tcp://[::1]:1234"), { host: "::1", port: 1234 });
    });

    it("must be a subject alternative name of the certificate: as in Go, the common name does not count", () => {
        const check = (names: string | undefined) => identityCheck("tcp://host:1234", tls)("", certificate(names));
        assert.equal(check("DNS:host"), undefined);
        assert.match(check(undefined)?.message ?? "", /not valid for host, because it has no subject alternative name/);
        assert.match(check("IP Address:10.0.0.1")?.message ?? "", /because it has only IP Address:10\.0\.0\.1/);
        assert.match(check("DNS:other")?.message ?? "", /Host: host\. is not in the cert's altnames/);
    });
});

describe("the check of a RemoteBuilder", () => {
    const bad: [Partial<RemoteInputs> | object, string, RegExp][] = [
        [{ endpoint: undefined }, "endpoint", /required: must be the address of a BuildKit daemon/],
        [{ endpoint: "http://a" }, "endpoint", /"http:\/\/a" is not a valid BuildKit address/],
        [{ name: "4you" }, "name", /is not a valid builder name/],
        [{ name: "default" }, "name", /buildx reserves it/],
        [{ platforms: ["linux/none"] }, "platforms[0]", /"linux\/none" is not a valid platform/],
        [{ requirePlatforms: ["no"] }, "requirePlatforms[0]", /is not a valid platform/],
        [{ memory: "1g" }, "memory", /"memory" is not a valid argument/],
        [{ bootTimeout: 0 }, "bootTimeout", /1 or more/],
        [{ tls: {} }, "tls.ca", /required: buildx trusts only this authority/],
        [{ tls: { serverName: "a b", ca: pem("a") } }, "tls.serverName", /is not a valid server name/],
        [
            { tls: { certificate: "a" } },
            "tls",
            /"certificate" is not a valid key: must be one of ca, cert, key, serverName/,
        ],
        [{ tls: { cacert: "a" } }, "tls", /"cacert" is not a valid key: write ca instead/],
        [{ tls: { ca: "/no/such.pem" } }, "tls.ca", /"\/no\/such.pem" cannot be read \(file not found\)/],
        [{ tls: { ca: pem("a") } }, "tls.ca", /contains no valid certificate/],
        [{ tls: { ca: "/no", cert: "/no" } }, "tls.key", /required with tls.cert/],
        [{ tls: { ca: "/no", key: "/no" } }, "tls.cert", /required with tls.key/],
        [
            { endpoint: "unix:///run/b.sock", tls: { ca: "/no" } },
            "tls",
            /not supported with endpoint "unix:\/\/\/run\/b.sock": tls is for tcp:\/\/ endpoints/,
        ],
        [{ nodes: [] }, "nodes", /at least one node/],
        [{ nodes: [one], endpoint: "tcp://c:1" }, "endpoint", /not supported with nodes/],
        [{ nodes: [{}] }, "nodes[0].endpoint", /required/],
        [{ nodes: [one, one] }, "nodes[1].endpoint", /"tcp:\/\/a:1" is already the endpoint of nodes\[0\]/],
        [
            {
                nodes: [
                    { ...one, name: "A" },
                    { ...other, name: "a" },
                ],
            },
            "nodes[1].name",
            /"a" is already the name of nodes\[0\]/,
        ],
        [{ nodes: [{ ...one, tls: {} }, other] }, "nodes[0].tls.ca", /required/],
    ];
    for (const [args, property, reason] of bad) {
        it(`rejects ${JSON.stringify(args).slice(0, 90)} at ${property}`, async () => {
            const failures = await failuresOfRemote(argsOf(args));
            const found = failures.find((each) => each.property === property);
            assert.match(found?.reason ?? JSON.stringify(failures), reason);
        });
    }

    it("reports an error in the shared tls once", async () => {
        assert.equal((await failuresOfRemote(argsOf({ tls: {}, nodes: [one, other] }))).length, 1);
    });

    it("accepts valid and unknown arguments", async () => {
        const good: object[] = [
            {},
            { nodes: [one, { ...other, name: "b", platforms: ["linux/arm64"] }] },
            { endpoint: unknown, tls: { ca: unknown } },
            { tls: { ca: unknown, cert: "/no" } },
            { nodes: unknown },
            { nodes: [unknown, { endpoint: unknown }] },
        ];
        for (const args of good) assert.deepEqual(await failuresOfRemote(argsOf(args)), [], JSON.stringify(args));
    });

    it("keeps the numbers of nodes", () => {
        assert.deepEqual(nodeIndexes({ nodes: [one, other], __nodeIndexes: [0, 1] }, [other]), [1]);
        assert.deepEqual(nodeIndexes({ nodes: [other], __nodeIndexes: [1] }, [other, one]), [1, 0]);
    });
});

describe("the record of a RemoteBuilder", () => {
    it("has buildx's options in buildx's order, and each platform in the last node that has it", () => {
        const tls = { ca: pem("a"), cert: "/c.pem", key, serverName: "b.example" };
        const platforms = ["linux/amd64", "linux/arm64"];
        const { Nodes: nodes } = recordOf(
            desired({
                nodes: [
                    { ...one, tls, platforms },
                    { ...other, platforms: ["linux/arm64"] },
                ],
                defaultLoad: false,
            }),
        );
        assert.deepEqual(Object.keys(nodes[0]?.DriverOpts ?? {}), [
            "cacert",
            "cert",
            "default-load",
            "key",
            "servername",
        ]);
        assert.match(nodes[0]?.DriverOpts?.cacert ?? "", /^\/.*\/pulumi-buildx-certs\/far\/far0\/ca\.pem$/);
        assert.equal(nodes[0]?.DriverOpts?.cert, "/c.pem");
        assert.deepEqual(
            nodes.map((node) => node.Platforms?.map(({ architecture }) => architecture)),
            [["amd64"], ["arm64"]],
        );
        assert.equal(recordOf(desired()).Nodes[0]?.DriverOpts, null);
    });

    it("has absolute paths", () => {
        const { Nodes: nodes } = recordOf(desired({ tls: { ca: "certs/ca.pem" } }));
        assert.equal(nodes[0]?.DriverOpts?.cacert, join(process.cwd(), "certs/ca.pem"));
    });
});

describe("the plan of a RemoteBuilder", () => {
    const names = (steps: readonly { do: string }[]) => steps.map((step) => step.do);

    it("creates the record only after the daemon responds and offers the platforms", () => {
        const wanted = desired({ tls: { ca: pem("a") }, requirePlatforms: ["linux/amd64"], use: true });
        assert.deepEqual(names(stepsOf(wanted, nothing, undefined)), [
            "connect",
            "requirePlatforms",
            "writeFiles",
            "writeRecord",
            "use",
        ]);
    });

    it("does nothing if nothing changed", () => {
        const args = { tls: { ca: pem("a") }, use: true, requirePlatforms: ["linux/amd64"], nodes: [one, other] };
        assert.deepEqual(change(args, args), []);
    });

    /** The change of each argument: what happens, and the paths that a preview shows. */
    const rows: readonly (readonly [string, Partial<RemoteInputs>, Partial<RemoteInputs>, string[], string[]])[] = [
        ["endpoint", {}, { endpoint: "tcp://b:1" }, ["connect", "writeRecord"], ["endpoint"]],
        ["tls", {}, { tls: { ca: "/a.pem" } }, ["connect", "writeRecord"], ["tls"]],
        ["tls", {}, { tls: { ca: pem("a") } }, ["connect", "writeFiles", "writeRecord"], ["tls"]],
        ["tls", { tls: { ca: pem("a") } }, { tls: { ca: pem("b") } }, ["connect", "writeFiles"], ["tls"]],
        ["tls", { tls: { ca: pem("a") } }, { tls: { ca: "/a" } }, ["connect", "writeRecord", "removeFiles"], ["tls"]],
        ["tls", { tls: { ca: pem("a") } }, {}, ["connect", "writeRecord", "removeFiles"], ["tls"]],
        ["platforms", {}, { platforms: ["linux/arm64"] }, ["writeRecord"], ["platforms"]],
        ["defaultLoad", {}, { defaultLoad: true }, ["writeRecord"], ["defaultLoad"]],
        ["nodes", { nodes: [one] }, { nodes: [one, other] }, ["connect", "writeRecord"], ["nodes[1]", "nodes"]],
        ["nodes", { nodes: [one, other] }, { nodes: [one] }, ["writeRecord"], ["nodes"]],
        [
            "nodes",
            { nodes: [one] },
            { nodes: [{ ...one, platforms: ["linux/arm64"] }] },
            ["writeRecord"],
            ["nodes[0].platforms"],
        ],
        [
            "nodes",
            { nodes: [one, other] },
            { nodes: [one, { endpoint: "tcp://c:1" }] },
            ["connect", "writeRecord"],
            ["nodes[1].endpoint"],
        ],
        ["use", {}, { use: true }, ["use", "saveSettings"], ["use"]],
        ["use", { use: true }, {}, ["stopUsing", "saveSettings"], ["use"]],
        ["requirePlatforms", {}, { requirePlatforms: ["linux/amd64"] }, ["saveSettings"], ["requirePlatforms"]],
        [
            "requirePlatforms",
            {},
            { requirePlatforms: ["linux/arm64"] },
            ["connect", "requirePlatforms", "saveSettings"],
            ["requirePlatforms"],
        ],
        ["bootTimeout", {}, { bootTimeout: 5 }, ["saveSettings"], ["bootTimeout"]],
        ["adopt", {}, { adopt: true }, [], []],
    ];
    for (const [argument, from, to, steps, paths] of rows) {
        it(`updates ${argument} in place: ${steps.join(", ") || "nothing"}`, () => {
            const planned = change(from, to);
            assert.deepEqual(names(planned), steps);
            assert.deepEqual([...new Set(planned.flatMap(({ properties = [] }) => properties))], paths);
            assert.ok(planned.every(({ isDrift }) => isDrift !== true));
        });
    }

    it("replaces the builder if its name changes, and for no other argument", () => {
        assert.throws(() => change({}, { name: "near" }), /^Error: replace: name$/);
        const schema = JSON.parse(readFileSync(join(checkout, "schema.json"), "utf8")) as {
            resources: Record<string, { inputProperties: object }>;
        };
        const all = Object.keys(schema.resources["buildx:index:RemoteBuilder"]?.inputProperties ?? {});
        assert.deepEqual([...new Set(["name", ...rows.map(([argument]) => argument)])].sort(), all.sort());
    });

    const drifts: [string, () => readonly { do: string; isDrift?: boolean; why: string }[], string[]][] = [
        ["the record is missing", () => stepsOf(desired(), nothing, previousOf()), ["writeRecord"]],
        ["the record differs", () => stepsOf(desired(), asAsked({ defaultLoad: true }), previousOf()), ["writeRecord"]],
        [
            "a file is missing",
            () => {
                const args = { tls: { ca: pem("a") } };
                return stepsOf(desired(args), { ...asAsked(args), files: new Map() }, previousOf(args));
            },
            ["writeFiles"],
        ],
        [
            "a file is readable for others",
            () => {
                const args = { tls: { ca: pem("a") } };
                const files = new Map(
                    [...asAsked(args).files].map(([path, file]) => [path, { ...file, isPrivate: false }]),
                );
                return stepsOf(desired(args), { ...asAsked(args), files }, previousOf(args));
            },
            ["writeFiles"],
        ],
        [
            "another builder is current",
            () => stepsOf(desired({ use: true }), asAsked(), previousOf({ use: true })),
            ["use"],
        ],
        [
            "the daemon did not respond at a refresh",
            () => {
                const before = previousOf();
                const nodes = before.nodes.map((node) => ({
                    ...node,
                    outputs: { ...node.outputs, status: "inactive" as const },
                }));
                return stepsOf(desired(), asAsked(), { ...before, nodes });
            },
            ["connect"],
        ],
    ];
    for (const [what, planned, steps] of drifts) {
        it(`restores the builder if ${what}`, () => {
            assert.deepEqual(names(planned()), steps);
            assert.ok(planned().every(({ isDrift }) => isDrift === true));
        });
    }

    it("refuses a record of another user or driver, and a context of the same name", () => {
        const refusal = (observed: Parameters<typeof stepsOf>[1], args: Partial<RemoteInputs> = {}) =>
            plan(desired(args), observed, undefined).refusal ?? "";
        assert.match(refusal(asAsked()), /builder "far" already exists in buildx's store\. Set adopt: true/);
        assert.equal(refusal(asAsked(), { adopt: true }), "");
        assert.equal(refusal({ ...asAsked(), isBegun: true }), "");
        const group = { ...recordOf(desired()), Driver: "kubernetes" };
        const kubernetes = { ...nothing, record: { is: "present", nodeGroup: group, isOwn: false } as const };
        assert.match(refusal(kubernetes, { adopt: true }), /with the driver kubernetes instead of remote/);
        assert.match(refusal({ ...nothing, isContext: true }), /docker has a context of that name/);
        const two = { ...asAsked({ nodes: [one, other] }) };
        const present = two.record.is === "present" ? { ...two.record, isOwn: false } : two.record;
        assert.match(
            refusal({ ...two, record: present }, { adopt: true, nodes: [one] }),
            /has a node far1 at tcp:\/\/b:1 that is not in the program/,
        );
    });

    it("removes the record and the files, but not the record of another builder", () => {
        const args = { tls: { ca: pem("a") } };
        assert.deepEqual(names(planRemoval(previousOf(args), asAsked(args)).steps), ["removeRecord", "removeFiles"]);
        assert.deepEqual(names(planRemoval(previousOf(), nothing).steps), ["removeRecord"]);
        const foreign = {
            is: "present",
            nodeGroup: recordOf(desired({ endpoint: "tcp://z:1" })),
            isOwn: false,
        } as const;
        assert.deepEqual(names(planRemoval(previousOf(), { ...nothing, record: foreign }).steps), ["leave"]);
    });
});

describe("the state of a RemoteBuilder", () => {
    it("marks the text of keys as secrets", () => {
        const args = argsOf({ tls: { ca: pem("a"), key } });
        assert.deepEqual(secretPaths(args), [["tls", "key"]]);
        const ofNodes = argsOf({ nodes: [{ ...one, tls: { ca: pem("a"), key } }] });
        assert.deepEqual(secretPaths(ofNodes), [["nodes", 0, "tls", "key"]]);
        const saved = toSaved(ofNodes, { urn: "", store: "" }, "far", [
            { name: "far0", endpoint: "", platforms: [], buildkitVersion: "", status: "running" },
        ]);
        assert.deepEqual(secretPaths(saved), [["__nodes"]]);
    });
});

describe("the failure of buildctl", () => {
    const cases: [string, (output: string) => { mayBeStarting: boolean; message: string }, boolean, RegExp][] = [
        ['Error from server (NotFound): pods "b-0" not found', podFailure, true, /pods "b-0" not found\. Start/],
        ["error: unable to upgrade connection: container not found", podFailure, true, /container not found/],
        ['error: context "x" does not exist', podFailure, false, /context "x" does not exist/],
        ['Error from server (Forbidden): pods "b" is forbidden', podFailure, false, /forbidden/],
        ['exec: "buildctl": executable file not found in $PATH', podFailure, false, /\?container=name/],
        ["bash: buildctl: command not found", (text) => sshFailure("ssh://h", text), false, /Install buildctl there/],
        [
            "dial unix /run/buildkit/buildkitd.sock: connect: permission denied",
            (text) => sshFailure("ssh://h", text),
            false,
            /Give the user of the ssh session access to the socket/,
        ],
        [
            "dial unix /run/buildkit/buildkitd.sock: connect: no such file or directory",
            (text) => sshFailure("ssh://h", text),
            true,
            /no such file/,
        ],
        [
            "ci@h: Permission denied (publickey).",
            (text) => sshFailure("ssh://h", text),
            false,
            /add the key to the agent/,
        ],
    ];
    for (const [output, explain, mayBeStarting, message] of cases) {
        it(`with "${output.slice(0, 60)}" is ${mayBeStarting ? "temporary" : "permanent"}`, () => {
            const failure = explain(output);
            assert.equal(failure.mayBeStarting, mayBeStarting);
            assert.match(failure.message, message);
        });
    }
});
