import { strict as assert } from "node:assert";
import { withResolver } from "../../provider/resources/docker-container/node/dns";

const own = { driverOpts: { network: "builds" } };
const dns = { nameservers: ["10.0.0.2"] };
const resolver = { nameservers: ["127.0.0.11"] };

describe("Docker's resolver for RUN steps", () => {
    it("is added to a configuration where dns is asked for on a network of one's own", () => {
        assert.deepEqual(withResolver(undefined, own, dns), { dns: resolver });
        assert.deepEqual(withResolver({ debug: true }, own, dns), { debug: true, dns: resolver });
    });

    it("is not, where none is asked for, there is none, it is not reached, or others are named", () => {
        assert.equal(withResolver(undefined, own, undefined), undefined);
        for (const network of ["bridge", "host", "none", "container:other"]) {
            assert.equal(withResolver(undefined, { driverOpts: { network } }, dns), undefined);
        }
        assert.equal(withResolver(undefined, {}, dns), undefined);
        for (const config of [{ dns: { options: ["ndots:1"] } }, { worker: { oci: { networkMode: "bridge" } } }]) {
            assert.equal(withResolver(config, own, dns), config);
        }
        for (const buildkitdFlags of [["--oci-worker-net=cni"], ["--oci-worker-net", "bridge"]]) {
            assert.equal(withResolver(undefined, { ...own, buildkitdFlags }, dns), undefined);
        }
    });
});
