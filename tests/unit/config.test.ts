import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failuresOfBuilder } from "../../provider/resources/docker-container/check";
import { problemsOfConfig, readConfig, renderConfig } from "../../provider/buildkit/config";
import { tomlNames } from "../../provider/buildkit/config/names";
import { configFiles, digestOfFiles } from "../../provider/buildkit/config/files";
import { unknown } from "../../provider/args/unknown";
import { formatPath } from "../../provider/text/quote";

const told = async (config: Parameters<typeof problemsOfConfig>[0]) =>
    (await problemsOfConfig(config)).map(({ path, reason }) => `${formatPath(path)}: ${reason}`);

describe("buildkitd's configuration", () => {
    const folder = mkdtempSync(join(tmpdir(), "pulumi-buildx-test-"));
    const at = (name: string) => join(folder, name);
    before(() => {
        for (const name of ["one", "other"]) {
            execFileSync(
                "openssl",
                `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=${name}`
                    .split(" ")
                    .concat("-keyout", at(`${name}.key`), "-out", at(`${name}.crt`)),
                { stdio: "ignore" },
            );
        }
        writeFileSync(at("text"), "no certificate");
    });
    after(() => rmSync(folder, { recursive: true }));

    it("is the same from text and from an object, in camelCase or in TOML's own words", async () => {
        const text = `
            insecure-entitlements = ["security.insecure"] # a comment
            [worker.oci]
            max-parallelism = 4
            [[worker.oci.gcpolicy]]
            keepDuration = "48h"
            [registry."docker.io"]
            mirrors = ["cache.example"]`;
        const camel = {
            registry: { "docker.io": { mirrors: ["cache.example"] } },
            worker: { oci: { gcpolicy: [{ keepDuration: "48h" }], maxParallelism: 4 } },
            entitlements: ["security.insecure"],
        };
        const dashed = {
            ...camel,
            entitlements: undefined,
            "insecure-entitlements": ["security.insecure"],
            worker: { oci: { gcpolicy: [{ keepDuration: "48h" }], "max-parallelism": 4 } },
        };
        const rendered = await Promise.all(
            [text, camel, dashed].map(async (each) => renderConfig((await readConfig(each as string)).table)),
        );
        assert.equal(rendered[1], rendered[0]);
        assert.equal(rendered[2], rendered[0]);
        assert.match(rendered[0] ?? "", /^max-parallelism = 4$/m);
        assert.match(rendered[0] ?? "", /^insecure-entitlements = \[ "security.insecure" \]$/m);
    });

    it("reports where text is not valid TOML, without its content", async () => {
        assert.deepEqual(await told('debug = true\ntoken = "hush'), [
            ": invalid TOML at line 2, column 9: unfinished string",
        ]);
    });

    for (const [what, config, problems] of [
        [
            "a key that there is not",
            { debgu: true },
            ["debgu: BuildKit does not support debgu here: did you mean debug?"],
        ],
        [
            "camelCase in text",
            "[worker.oci]\nmaxParallelism = 4",
            ["worker.oci.maxParallelism: BuildKit does not support maxParallelism here: did you mean max-parallelism?"],
        ],
        ["a value of another type", { debug: "yes" }, ['debug: "yes" is not a valid value: must be true or false']],
        [
            "text where a list stands",
            'insecure-entitlements = "x"',
            [
                'insecure-entitlements: "x" is not a valid value: must be a list of network.host, security.insecure and device',
            ],
        ],
        [
            "days",
            { worker: { oci: { gcpolicy: [{ keepDuration: "7d" }] } } },
            [
                'worker.oci.gcpolicy[0].keepDuration: "7d" is not a valid duration: BuildKit does not support days and weeks. Write "168h"',
            ],
        ],
        [
            "the same key twice",
            { worker: { oci: { maxParallelism: 2, "max-parallelism": 4 } } },
            ["worker.oci.max-parallelism: max-parallelism is set twice, in two spellings: remove one of them"],
        ],
        [
            "a key misspelled, in an object's own words",
            { worker: { oci: { maxParalelism: 4 } } },
            ["worker.oci.maxParalelism: BuildKit does not support maxParalelism here: did you mean maxParallelism?"],
        ],
        [
            "half a pair",
            { registry: { "r.example": { keypair: [{}] } } },
            ["key", "cert"].map(
                (part) =>
                    `registry["r.example"].keypair[0]: ${part} is missing: write { key, cert }, each a path or PEM text`,
            ),
        ],
        [
            "an entitlement that there is not",
            { entitlements: ["netwrok.host"] },
            ["entitlements: a list is not a valid value: must be a list of network.host, security.insecure and device"],
        ],
        [
            "a path in the place of the text",
            "./buildkitd.toml",
            [': the text is the path of a file: use its content, readFileSync(path, "utf8")'],
        ],
        [
            "a size that is none",
            { worker: { oci: { maxUsedSpace: "much" } } },
            [
                'worker.oci.maxUsedSpace: "much" is not a valid size: must be a number of bytes, or a text, for example "20GB" or "10%"',
            ],
        ],
        [
            "a table that is none",
            { registry: { "docker.io": "mirror" } },
            ['registry["docker.io"]: "mirror" is not a valid value: must be a table'],
        ],
        [
            "a file that is not there",
            { registry: { "r.example": { ca: "./none.pem" } } },
            [
                'registry["r.example"].ca: "./none.pem" cannot be read (file not found): must be the path of a file or PEM text',
            ],
        ],
    ] as [string, object | string, string[]][]) {
        it(`tells of ${what}`, async () => assert.deepEqual(await told(config), problems));
    }

    it("tells of files that are no certificates, and of keys of other ones", async () => {
        const registry = (more: object) => ({ registry: { "r.example": more } });
        assert.deepEqual(await told(registry({ ca: [at("one.crt"), at("text")] })), [
            `registry["r.example"].ca[1]: "${at("text")}" contains no PEM text ("-----BEGIN …")`,
        ]);
        const pair = (key: string) => registry({ keypair: [{ key: at(key), cert: at("one.crt") }] });
        assert.deepEqual(await told(pair("one.key")), []);
        assert.deepEqual(await told(pair("other.key")), [
            'registry["r.example"].keypair[0].key: the key does not belong to the certificate in the same table',
        ]);
    });

    it("tells nothing of what may be a key or a secret", async () => {
        const key = "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n";
        for (const config of [
            { registry: { "r.example": { keypair: [key] } } },
            { registry: { "r.example": { keypair: { key: [key], cert: { hush: key } } } } },
            { registry: { "r.example": { keypair: { key: "hushMIGHAgEAMBMGByqGSM49/AgEGCCqGSM49", cert: key } } } },
            { debug: key, worker: { oci: { maxUsedSpace: "hush-hush-hush" } } },
            [key],
            "debug = 'hush-hush-hush'",
        ]) {
            const problems = await told(config as object);
            assert.ok(problems.length > 0);
            assert.doesNotMatch(problems.join(), /hush[^:]/);
        }
    });

    it("is checked at its property, and lets pass what is not known yet at any depth", async () => {
        const failures = (args: object) => failuresOfBuilder({ name: "ci", ...args });
        const missing = { registry: { "docker.io": { ca: "./none.pem" } } };
        const nodes = [{ endpoint: "unix:///a" }, { endpoint: "unix:///b", buildkitdConfig: missing }];
        assert.deepEqual(
            [
                ...(await failures({ buildkitdConfig: missing })),
                ...(await failures({ nodes })),
                ...(await failures({ buildkitdConfig: ["debug = true"] })),
                ...(await failures({ buildkitdConfig: "debug = 1" })),
            ].map(({ property, reason }) => `${property} | ${reason.replace(/(not found\)|^debug):.*/, "$1")}`),
            [
                'buildkitdConfig.registry["docker.io"].ca | "./none.pem" cannot be read (file not found)',
                'nodes[1].buildkitdConfig.registry["docker.io"].ca | "./none.pem" cannot be read (file not found)',
                "buildkitdConfig | a list is not a valid configuration of buildkitd: must be the text of a buildkitd.toml or an object",
                "buildkitdConfig | debug",
            ],
        );
        for (const buildkitdConfig of [
            unknown,
            { debug: unknown, entitlements: unknown, worker: unknown },
            { entitlements: [unknown], worker: { oci: { gcPolicy: [{ keepDuration: unknown }, unknown] } } },
            { registry: unknown },
            { registry: { "r.example": unknown } },
            { registry: { "r.example": { ca: unknown, keypair: unknown, mirrors: [unknown] } } },
            { registry: { "r.example": { ca: [unknown], keypair: [{ key: unknown, cert: at("one.crt") }] } } },
        ]) {
            assert.deepEqual(await failures({ buildkitdConfig }), [], JSON.stringify(buildkitdConfig));
        }
    });

    it("takes every key that TOML knows in an object, by its own spelling too", async () => {
        for (const [name, key] of Object.entries(tomlNames)) {
            const isFrontend = name === "dockerfileV0" || name === "gatewayV0";
            const where =
                { entitlements: [], tlsConfigDir: ["registry", "r"] }[name] ??
                (isFrontend ? ["frontend"] : ["worker", "oci"]);
            const scalars = { maxParallelism: 4, apparmorProfile: "a", gcPolicy: [], gcKeepStorage: 1 };
            const value = isFrontend ? { enabled: false } : (scalars[name as keyof typeof scalars] ?? ["device"]);
            const line = isFrontend ? `\\[frontend\\."${key}"\\]$` : `${key} = `;
            for (const spelling of [name, key]) {
                const config = where.reduceRight<object>((all, each) => ({ [each]: all }), { [spelling]: value });
                assert.deepEqual(await told(config), []);
                assert.match(await renderConfig((await readConfig(config)).table), new RegExp(`^${line}`, "m"));
            }
        }
    });

    it("brings certificates into the container, each under a name of its own", async () => {
        const pem = "-----BEGIN CERTIFICATE-----\n";
        const { table } = await readConfig({
            registry: {
                "r.example:5000": {
                    ca: [at("one.crt"), pem],
                    keypair: { key: at("one.key"), cert: at("one.crt") },
                    mirrors: ["m.example"],
                },
                "r.example_5000": { ca: `${pem}2` },
            },
        });
        const files = await configFiles(table);
        assert.deepEqual(Object.keys(files).sort(), [
            "buildkitd.toml",
            "certs/r.example_5000/ca-1.pem",
            "certs/r.example_5000/ca.pem",
            "certs/r.example_5000/one.crt",
            "certs/r.example_5000/one.key",
        ]);
        assert.match(String(files["buildkitd.toml"]), /ca = \[ "\/etc\/buildkit\/certs\/r.example_5000\/one.crt", /);
    });

    it("is told apart by what it says", async () => {
        const digest = (toml: string, more = {}) => digestOfFiles({ "buildkitd.toml": Buffer.from(toml), ...more });
        const [a, reordered, commented, other, broken] = await Promise.all([
            digest('debug = true\nroot = "/x"'),
            digest("root = '/x'\n\ndebug = true"),
            digest('debug = true\nroot = "/x" # why'),
            digest("debug = false"),
            digest("debug = "),
        ]);
        assert.equal(reordered, a);
        assert.equal(new Set([a, commented, other, broken, await digestOfFiles({})]).size, 5);
        assert.notEqual(await digest('debug = true\nroot = "/x"', { "certs/a": Buffer.from("a") }), a);
    });
});
