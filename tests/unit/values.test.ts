import { strict as assert } from "node:assert";
import { withDefaultEntitlement } from "../../provider/buildx/entitlements";
import { formatPlatforms, normalizePlatform } from "../../provider/text/platform";
import { formatSize, isCpuSet, parseRestartPolicy, parseSize, parseSwapSize } from "../../provider/text/dockerValues";
import { changedPaths } from "../../provider/bridges/dynamic/replaceOnChanges";
import { unknown } from "../../provider/args/unknown";
import { entitlementFlags } from "../support/entitlementFlags";
import { parseImageReference, sameImage } from "../../provider/registry/imageReference";
import { parseChallenges } from "../../provider/registry/login";

describe("sizes", () => {
    it("are read as docker reads them", () => {
        for (const [text, bytes] of [
            ["0", 0],
            ["1024", 1024],
            ["512b", 512],
            ["32kb", 32 * 1024],
            ["32k", 32 * 1024],
            ["512M", 512 * 1024 ** 2],
            ["1.5g", 1.5 * 1024 ** 3],
            ["2 GiB", 2 * 1024 ** 3],
            ["1t", 1024 ** 4],
        ] as const) {
            assert.equal(parseSize(text), bytes, text);
        }
        for (const text of ["", "x", "512x", "-1", "1..5g", "g", "1g2", "0x10"]) {
            assert.equal(parseSize(text), undefined, text);
        }
        assert.equal(parseSwapSize("-1"), -1);
    });

    it("are read as go-units 0.5 reads them, spelling by spelling", () => {
        const read = ["512mib", "+512m", "1e3", "1e3m", "1E3k", ".5g", "5.", "5.g", "512 ", "512 MiB", "1_000"];
        const bytes = [2 ** 29, 2 ** 29, 1000, 1000 * 2 ** 20, 1000 * 2 ** 10, 2 ** 29, 5, 5 * 2 ** 30, 512, 2 ** 29];
        assert.deepEqual(read.map(parseSize), [...bytes, 1000]);
        for (const text of [
            "512Mi",
            "512bi",
            "512 Mi",
            "1.5.5g",
            " 512m",
            "512  m",
            "512m ",
            "1,5g",
            "1e",
            "1bb",
            "inf m",
        ])
            assert.equal(parseSize(text), undefined, text);
    });

    it("are written as short as they are exact", () => {
        for (const text of ["0", "1023", "1k", "1536m", "2g", "1t"]) {
            assert.equal(formatSize(parseSize(text) ?? -1), text);
        }
    });
});

describe("restart policies and processor lists", () => {
    it("are read as docker reads them", () => {
        assert.deepEqual(parseRestartPolicy("on-failure:3"), { Name: "on-failure", MaximumRetryCount: 3 });
        assert.deepEqual(parseRestartPolicy("unless-stopped"), { Name: "unless-stopped", MaximumRetryCount: 0 });
        for (const text of ["", "on-failure:", "on-failure:x", "no:1", "ALWAYS"]) {
            assert.equal(parseRestartPolicy(text), undefined, text);
        }
        for (const text of ["0", "0-3", "0,2,4-7"]) assert.ok(isCpuSet(text), text);
        for (const text of ["", "a", "1-", "3-1", "0,,1", "-1"]) assert.ok(!isCpuSet(text), text);
    });
});

describe("platforms", () => {
    it("are normalised as buildx does it", () => {
        for (const [given, normal] of [
            ["linux/amd64", "linux/amd64"],
            ["linux/x86_64", "linux/amd64"],
            ["linux/amd64/v1", "linux/amd64"],
            ["linux/amd64/v3", "linux/amd64/v3"],
            ["linux/arm64/v8", "linux/arm64"],
            ["linux/aarch64", "linux/arm64"],
            ["linux/arm", "linux/arm/v7"],
            ["linux/armhf", "linux/arm/v7"],
            ["linux/arm/v6", "linux/arm/v6"],
            ["Linux/ARM64", "linux/arm64"],
            ["s390x", "linux/s390x"],
            ["macos/arm64", "darwin/arm64"],
        ] as const) {
            assert.equal(normalizePlatform(given), normal, given);
        }
    });

    it("that are none are refused", () => {
        for (const text of [
            "",
            "linux/",
            "/amd64",
            "linux/amd65",
            "lunix/amd64",
            "linux/amd64/v1/x",
            "*",
            "linux amd64",
        ]) {
            assert.throws(() => normalizePlatform(text), /is not a valid platform/, text);
        }
    });

    it("are listed once, in their order", () => {
        const platform = (os: string, architecture: string, variant = "") => ({ os, architecture, variant });
        assert.deepEqual(
            formatPlatforms([platform("linux", "amd64"), platform("linux", "arm64", "v8"), platform("linux", "arm64")]),
            ["linux/amd64", "linux/arm64"],
        );
    });
});

describe("image names", () => {
    it("are taken apart as docker does it", () => {
        const digest = `sha256:${"0".repeat(64)}`;
        assert.deepEqual(parseImageReference("busybox"), {
            domain: "docker.io",
            path: "library/busybox",
            repository: "busybox",
            tag: "latest",
        });
        assert.deepEqual(parseImageReference("moby/buildkit:v1"), {
            domain: "docker.io",
            path: "moby/buildkit",
            repository: "moby/buildkit",
            tag: "v1",
        });
        assert.deepEqual(parseImageReference(`localhost/a/b@${digest}`), {
            domain: "localhost",
            path: "a/b",
            repository: "localhost/a/b",
            digest,
        });
        assert.equal(parseImageReference("reg.example:5000/x:y")?.domain, "reg.example:5000");
        for (const name of ["", "A", "a//b", "a:b:c", ":tag", "a@sha256:12", "-a", "http://a/b"]) {
            assert.equal(parseImageReference(name), undefined, name);
        }
    });

    it("that mean the same image are known as such", () => {
        assert.ok(sameImage("moby/buildkit:buildx-stable-1", "docker.io/moby/buildkit:buildx-stable-1"));
        assert.ok(sameImage("busybox", "docker.io/library/busybox:latest"));
        assert.ok(!sameImage("moby/buildkit:a", "moby/buildkit:b"));
        assert.ok(!sameImage("moby/buildkit", "ghcr.io/moby/buildkit"));
    });
});

describe("buildkitd's arguments", () => {
    const networkHost = "--allow-insecure-entitlement=network.host";

    it("get the entitlement that buildx adds, and where it adds it", () => {
        assert.deepEqual(withDefaultEntitlement([], undefined), [networkHost]);
        assert.deepEqual(withDefaultEntitlement(["--debug"], "bridge"), ["--debug", networkHost]);
        const own = ["--allow-insecure-entitlement", "security.insecure"];
        assert.deepEqual(withDefaultEntitlement(own, undefined), own);
        assert.deepEqual(withDefaultEntitlement(own, "host"), [...own, networkHost]);
        assert.deepEqual(withDefaultEntitlement([networkHost], "host"), [networkHost]);
        for (const [flags, isAdded] of entitlementFlags) {
            assert.deepEqual(withDefaultEntitlement(flags, undefined), isAdded ? [...flags, networkHost] : flags);
        }
    });

    it("get none if the configuration has an empty list, unless they name one themselves", () => {
        const none = { none: true };
        assert.deepEqual(withDefaultEntitlement(["--debug"], undefined, none), ["--debug"]);
        assert.deepEqual(withDefaultEntitlement([], "host", none), []);
        const late = ["--debug", "--allow-insecure-entitlement=device"];
        assert.deepEqual(withDefaultEntitlement(late, undefined, none), [...late, networkHost]);
        assert.deepEqual(withDefaultEntitlement([], undefined, { networkHost: true }), []);
    });
});

describe("replaceOnChanges", () => {
    it("names the paths at which arguments differ, as far as they are known", () => {
        const olds = { driverOpts: { memory: "1g", env: { A: "1" } }, labels: { a: "b" } };
        const news = { driverOpts: { memory: "2g", env: { A: unknown } }, labels: { a: "b" } };
        assert.deepEqual(changedPaths(["driverOpts.memory", "labels", "driverOpts.env", "use"], olds, news), [
            "driverOpts.memory",
        ]);
        assert.deepEqual(changedPaths(["driverOpts.*", 'labels["a"]'], olds, { driverOpts: {}, labels: { a: "c" } }), [
            "driverOpts.*",
            'labels["a"]',
        ]);
        assert.deepEqual(changedPaths(["*"], { a: 1, b: 2, c: undefined }, { __urn: "x", b: 2, a: 1 }), []);
        assert.deepEqual(changedPaths(["*"], { a: 1 }, { a: 2 }), ["*"]);
        assert.deepEqual(changedPaths(undefined, olds, news), []);
    });
});

describe("a registry's challenges", () => {
    it("are told apart, whatever they are written with", () => {
        assert.deepEqual(parseChallenges(""), []);
        assert.deepEqual(
            parseChallenges('Basic realm="a, b=c", BEARER Realm=https://a/t?x=1 , service = "the \\"hub\\""'),
            [
                { scheme: "basic", parameters: { realm: "a, b=c" } },
                { scheme: "bearer", parameters: { realm: "https://a/t?x=1", service: 'the "hub"' } },
            ],
        );
        assert.deepEqual(
            parseChallenges("Negotiate, Bearer realm=r").map(({ scheme }) => scheme),
            ["negotiate", "bearer"],
        );
    });
});
