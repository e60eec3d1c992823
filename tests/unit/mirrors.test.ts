import { strict as assert } from "node:assert";
import { sameImage } from "../../provider/registry/imageReference";
import { namesInMirrors, registriesIn } from "../../provider/buildkit/config/mirrors";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("an image in the mirrors of its registry", () => {
    const registries = registriesIn({
        registry: {
            "docker.io": { mirrors: ["cache.example/hub/", "https://10.0.0.7:5000", "mirror"] },
            "ghcr.io": { http: true },
        },
    });

    for (const [image, names] of Object.entries({
        "moby/buildkit:rootless": ["cache.example/hub/moby/buildkit:rootless", "10.0.0.7:5000/moby/buildkit:rootless"],
        "docker.io/busybox": ["cache.example/hub/library/busybox:latest", "10.0.0.7:5000/library/busybox:latest"],
        [`moby/buildkit:tag@${digest}`]: [
            `cache.example/hub/moby/buildkit@${digest}`,
            `10.0.0.7:5000/moby/buildkit@${digest}`,
        ],
        "ghcr.io/moby/buildkit": [],
        "quay.io/moby/buildkit": [],
    })) {
        it(`has the names of ${image} there`, () => assert.deepEqual(namesInMirrors(image, registries), names));
    }

    it("has none where the configuration is none, or not known yet", () => {
        for (const config of [undefined, "", {}, { registry: "unknown" }, { registry: { "docker.io": "unknown" } }]) {
            assert.deepEqual(namesInMirrors("moby/buildkit", registriesIn(config)), []);
        }
    });

    it("is the same image by its digest, and another by its tag", () => {
        assert.ok(sameImage(`moby/buildkit:a@${digest}`, `cache.example/hub/moby/buildkit@${digest}`));
        assert.ok(!sameImage(`moby/buildkit:a@${digest}`, "moby/buildkit:a"));
        assert.ok(!sameImage("moby/buildkit:a", "cache.example/hub/moby/buildkit:a"));
    });
});
