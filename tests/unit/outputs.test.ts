import { strict as assert } from "node:assert";
import { lifecycles } from "../../provider/bridges/lifecycles";
import { choosePlatform } from "../../provider/resources/builder/imageArgs";
import { check } from "../../provider/resources/state/lifecycle";

describe("the outputs of each resource", () => {
    it("are listed in its lifecycle", async () => {
        const found = Object.entries(lifecycles).map(async ([type, load]) => {
            const lifecycle = await load();
            const repeated = "argumentOutputs" in lifecycle ? lifecycle.argumentOutputs : [];
            return [type, [...lifecycle.outputs, ...repeated].sort().join()];
        });
        assert.deepEqual(Object.fromEntries(await Promise.all(found)), {
            BuildxBuilder: "buildkitVersion,containerName,dockerEndpoint,endpoint,name,nodes,platforms,status",
            BuildKitPrune: "reclaimed,records",
            BuildKitState: "adopted,builderName,mountpoint,node,volumeName",
            BuildKitStateArchive: "buildkitVersion,bytes,createdAt,location,sha256,size,stoppedFor",
            QemuEmulation: "added,emulators,supported",
            KubernetesBuilder: "buildkitVersion,name,nodes,platforms,status",
            RemoteBuilder: "buildkitVersion,endpoint,name,nodes,platforms,status",
        });
    });
});

describe("a state without a builder's name", () => {
    it("belongs to the builder with its logical name, whatever language declares it", async () => {
        const urn = "urn:pulumi:test::project::buildx:index:BuildKitState::cache";
        const named = async (args: object) => {
            const { args: checked, failures } = await check({ urn } as never, undefined, args as never);
            return { name: checked.builderName, failures };
        };
        assert.deepEqual(await named({}), { name: "cache", failures: [] });
        assert.deepEqual(await named({ builderName: "ci" }), { name: "ci", failures: [] });
    });
});

describe("the platform of an image build", () => {
    const offered = ["linux/amd64", "linux/arm64"];

    it("is one that the builder offers", () => {
        assert.deepEqual(choosePlatform("ci", offered, undefined), { platform: "linux/amd64" });
        assert.deepEqual(choosePlatform("ci", offered, "linux/aarch64"), { platform: "linux/aarch64" });
    });

    it("is refused if the builder does not offer it", () => {
        const chosen = choosePlatform("ci", offered, "linux/s390x");
        assert.ok("reason" in chosen);
        assert.match(chosen.reason, /^builder "ci" does not offer linux\/s390x, only linux\/amd64, linux\/arm64\./);
    });
});
