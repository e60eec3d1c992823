import { strict as assert } from "node:assert";
import { isNewer } from "../../provider/docker/buildkitd/stateVersion";

describe("versions of BuildKit", () => {
    for (const [a, b, newer] of [
        ["v0.34.2", "v0.20.2", true],
        ["v0.9.0", "v0.20.2", false],
        ["v0.20.2", "v0.20.2", false],
        ["v1.0.0", "v0.99.9", true],
        ["v0.20.10", "v0.20.9-rc1", true],
        ["a branch", "v0.20.2", false],
        ["v0.20.2", "", false],
    ] as const) {
        it(`${a} is ${newer ? "" : "not "}newer than ${b || "none"}`, () => assert.equal(isNewer(a, b), newer));
    }
});
