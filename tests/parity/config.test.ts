/** Compares buildkitd's configuration of `docker buildx create --buildkitd-config` with the resource's. */
import { strict as assert } from "node:assert";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { certify, makeAuthority } from "../support/certificates";
import { docker, inspectContainer } from "../support/docker";
import { builder, resources } from "../support/program";
import { inTurns } from "../support/run";
import { Stack } from "../support/stack";
import { containerOf } from "../support/state";

interface StoredNode {
    Files: Record<string, string> | null;
    Flags: string[] | null;
}

/** Texts of a `buildkitd.toml`. Without a text, buildx's default configuration is used. FOLDER contains certificates. */
const cases: Record<string, { toml?: string; flags?: string[] }> = {
    registries: {
        toml: `
            [registry."docker.io"]
              mirrors = ["mirror.example:5000", "cache.example/hub"]
            [registry."mirror.example:5000"]
              http = true
            [registry."private.example:5000"]
              ca = ["FOLDER/authority.crt", "FOLDER/other.crt"]
              [[registry."private.example:5000".keypair]]
                key = "FOLDER/client.key"
                cert = "FOLDER/client.crt"
            [registry.insecure]
              insecure = true
              tlsconfigdir = ["/etc/certs.d"]`,
    },
    "all other settings": {
        toml: `
            # a comment
            debug = true
            root = "/var/lib/buildkit"
            log = { format = "json", level = "info" }
            dns = { nameservers = ["10.0.0.2"], options = ["ndots:2"], searchDomains = ["corp.example"] }
            frontend."gateway.v0" = { enabled = true, allowedRepositories = [] }
            history = { maxAge = 172800, maxEntries = 50 }
            system.platformsCacheMaxAge = "1h"
            cdi.disabled = true
            [worker.containerd]
              enabled = false
            [worker.oci]
              max-parallelism = 4
              gc = true
              reservedSpace = "10%"
              labels = { "a.b" = 'quoted "text"', c = """two
lines""" }
              [[worker.oci.gcpolicy]]
                keepDuration = 3600
                filters = ["type==source.local"]
              [[worker.oci.gcpolicy]]
                all = true
                maxUsedSpace = "2GB"`,
    },
    nothing: { toml: "" },
    "the host's network as an entitlement": { toml: 'insecure-entitlements = ["security.insecure", "network.host"]' },
    "another entitlement": { toml: 'insecure-entitlements = ["security.insecure"]' },
    "an entitlement beside that of a flag": {
        toml: 'insecure-entitlements = ["network.host"]',
        flags: ["--allow-insecure-entitlement=security.insecure"],
    },
    "buildx's default configuration": {},
};

describe("parity with docker buildx create --buildkitd-config", () => {
    let stack: Stack;
    let texts: (string | undefined)[];
    const ours = (index: number) => `${stack.unique}o${index}-`;
    const theirs = (index: number) => `${stack.unique}t${index}-`;
    const file = (index: number) => join(stack.folder, `${index}.toml`);
    const nodeOf = async (builder: string) => ((await stack.record(builder)).Nodes as [StoredNode])[0];
    const create = (index: number, name: string, ...more: string[]) => {
        const { toml, flags } = Object.values(cases)[index] ?? {};
        return stack.buildx(
            ...["create", "--name", name, "--driver", "docker-container"],
            ...(toml === undefined ? [] : ["--buildkitd-config", file(index)]),
            ...(flags ? ["--buildkitd-flags", flags.join(" ")] : []),
            ...more,
        );
    };

    before("both builders of each case are created", async () => {
        stack = await Stack.make();
        const authority = await makeAuthority(stack.folder, "authority");
        await makeAuthority(stack.folder, "other");
        await certify(stack.folder, "client", authority);
        texts = Object.values(cases).map(({ toml }) => toml?.replaceAll("FOLDER", stack.folder));
        const byPath = await readFile(authority.cert, "latin1");
        await writeFile(authority.cert, Buffer.from(`caf\xe9\n${byPath}`, "latin1")); // bytes that are not UTF-8
        await mkdir(stack.store, { recursive: true });
        await writeFile(join(stack.store, "buildkitd.default.toml"), "[registry.'by.default']\nhttp = true\n");
        await Promise.all(texts.map((text, index) => writeFile(file(index), text ?? "")));
        const builders = Object.values(cases).map(({ flags }, index) => {
            const args = { name: ours(index), buildkitdToml: texts[index], buildkitdFlags: flags };
            return [`b${index}`, builder(args)] as const;
        });
        await stack.program(resources(Object.fromEntries(builders)));
        await stack.up();
        await inTurns(texts, (_, index) => create(index, theirs(index)));
    });

    after(() => stack.remove());

    for (const [index, what] of Object.keys(cases).entries()) {
        it(`of ${what}`, async () => {
            const [our, their] = await Promise.all([nodeOf(ours(index)), nodeOf(theirs(index))]);
            assert.deepEqual(our.Flags, their.Flags);
            assert.ok(our.Files && their.Files);
            const { "buildkitd.toml": ourConfig = "", ...ourCertificates } = our.Files;
            const { "buildkitd.toml": theirConfig = "", ...theirCertificates } = their.Files;
            assert.deepEqual(ourCertificates, theirCertificates);
            assert.deepEqual(parsed(ourConfig), parsed(theirConfig));
            const inContainer = ["exec", containerOf(ours(index)), "cat", "/etc/buildkit/buildkitd.toml"];
            assert.equal(await docker(inContainer), Buffer.from(ourConfig, "base64").toString());
        });
    }

    it("of a builder that is adopted: the builder is not recreated", async () => {
        const name = `${stack.unique}taken`;
        await create(0, name, "--bootstrap");
        const before = await inspectContainer(containerOf(name));
        await stack.program(resources({ taken: builder({ name, adopt: true, buildkitdToml: texts[0] }) }));
        await stack.up();
        assert.equal((await inspectContainer(containerOf(name)))?.Id, before?.Id);
        await stack.refresh("--expect-no-changes");
        await stack.preview("--expect-no-changes");
        await stack.destroy();
    });
});

const parsed = (base64: string) => parse(Buffer.from(base64, "base64").toString());
