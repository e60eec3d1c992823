import { strict as assert } from "node:assert";
import { secretPaths } from "../../provider/args/secrets";
import { unknown } from "../../provider/args/unknown";
import { secretPaths as ofBuilder } from "../../provider/resources/docker-container/secrets";

const pem = "-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----\n";
const certificate = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n";

describe("the secret arguments", () => {
    it("are private keys given as text, not certificates and paths", () => {
        assert.deepEqual(secretPaths({ tls: { ca: certificate, cert: certificate, key: pem } }), [["tls", "key"]]);
        assert.deepEqual(secretPaths({ tls: { ca: "ca.pem", cert: "cert.pem", key: "key.pem" } }), []);
        // A key with any label, and a key beside its certificate.
        assert.deepEqual(secretPaths({ tls: { cert: certificate + pem, key: certificate } }), [
            ["tls", "cert"],
            ["tls", "key"],
        ]);
    });

    it("are found in buildkitd's configuration, as an object or as text", () => {
        const keypair = [{ key: pem, cert: "cert.pem" }];
        assert.deepEqual(secretPaths({ buildkitdConfig: { registry: { "r.example": { keypair } } } }), [
            ["buildkitdConfig", "registry", "r.example", "keypair", 0, "key"],
        ]);
        assert.deepEqual(secretPaths({ buildkitdConfig: `key = ${JSON.stringify(pem)}` }), [["buildkitdConfig"]]);
        assert.deepEqual(secretPaths({ buildkitdConfig: { key: [pem, "key.pem"] } }), [["buildkitdConfig", "key", 0]]);
    });

    it("are found in nodes and states", () => {
        const tls = { key: pem };
        assert.deepEqual(secretPaths({ state: { builderName: "ci", tls }, nodes: [{}, { tls }, { state: { tls } }] }), [
            ["state", "tls", "key"],
            ["nodes", 1, "tls", "key"],
            ["nodes", 2, "state", "tls", "key"],
        ]);
    });

    it("are not other arguments, and not unknown values", () => {
        assert.deepEqual(secretPaths({ driverOpts: { env: { KEY: pem } }, labels: { key: pem } }), []);
        const nodes = [unknown, null, { tls: { key: unknown }, state: unknown }];
        assert.deepEqual(secretPaths({ tls: unknown, buildkitdConfig: null, state: unknown, nodes }), []);
        assert.deepEqual(secretPaths({ nodes: unknown }), []);
    });

    it("include the arguments of nodes that a saved builder repeats", () => {
        assert.deepEqual(ofBuilder({ tls: { key: pem }, nodes: [], __nodes: [{ tls: { key: pem } }] }), [
            ["tls", "key"],
            ["__nodes"],
        ]);
        assert.deepEqual(ofBuilder({ nodes: [] }), []);
    });
});
