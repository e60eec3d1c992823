import { strict as assert } from "node:assert";
import { unknown } from "../../provider/args/unknown";
import { registerOfUses } from "../../provider/bridges/exclusiveUses";
import { exclusiveUses as ofBuilder } from "../../provider/resources/docker-container/conflicts/exclusiveUses";
import type { BuilderInputs } from "../../provider/resources/docker-container/args";

const urnOf = (name: string, parents = "") =>
    `urn:pulumi:test::project::${parents}pulumi-nodejs:dynamic/buildx:BuildxBuilder::${name}`;

const [a, b] = [urnOf("a"), urnOf("b")];

describe("a register of exclusive uses", () => {
    const use = (key: string, property = "state") => ({ key, property, reason: (user: string) => `${user} has it` });

    it("reports a use of what another resource uses, at its property", () => {
        const register = registerOfUses();
        assert.deepEqual(register({ urn: a }, [use("volume")]), []);
        assert.deepEqual(register({ urn: b }, [use("other"), use("volume", "nodes[1].state")]), [
            { property: "nodes[1].state", reason: `${a} has it` },
        ]);
    });

    it("lets a resource register again, and use the same thing several times", () => {
        const register = registerOfUses();
        assert.deepEqual(register({ urn: a }, [use("volume"), use("volume")]), []);
        assert.deepEqual(register({ urn: a }, [use("volume")]), []);
    });

    it("releases what a resource does not use at its next check", () => {
        const register = registerOfUses();
        register({ urn: a }, [use("one"), use("two")]);
        register({ urn: a }, [use("two")]);
        assert.deepEqual(register({ urn: b }, [use("one")]), []);
        register({ urn: a }, []);
        assert.deepEqual(register({ urn: b }, [use("one"), use("two")]), []);
    });

    it("takes a renamed resource for the same user", () => {
        const register = registerOfUses();
        register({ urn: a }, [use("volume")]);
        assert.deepEqual(register({ urn: b, previousUrn: a }, [use("volume")]), []);
        assert.deepEqual(register({ urn: a }, [use("volume")]), [{ property: "state", reason: `${b} has it` }]);
    });

    it("does not register a resource for what another resource uses", () => {
        const register = registerOfUses();
        register({ urn: a }, [use("volume")]);
        register({ urn: b }, [use("volume")]);
        register({ urn: a }, []);
        assert.deepEqual(register({ urn: urnOf("c") }, [use("volume")]), []);
    });
});

describe("what a builder uses exclusively", () => {
    const uses = async (inputs: BuilderInputs, urn = a) => {
        const found = await ofBuilder({ urn }, inputs);
        return found.map(({ key, property }) => ({ key, property }));
    };
    const endpoint = "tcp://10.0.0.1:2375";
    const state = { builderName: "CI", endpoint };

    it("is its state's volume, on the state's engine", async () => {
        const expected = [{ key: `buildx_buildkit_ci0_state on ${endpoint}`, property: "state" }];
        for (const each of [
            { state },
            { state: { ...state, node: "ci0", volumeName: "buildx_buildkit_ci0_state" } },
            { state: { ...state, node: unknown, volumeName: unknown }, driverOpts: { memory: unknown } },
            { state: { builderName: "ci" }, endpoint: "tcp://10.0.0.1" },
            { state, adopt: true },
        ])
            assert.deepEqual(await uses(each), expected, JSON.stringify(each));
    });

    it("is another volume on another engine or for another node", async () => {
        const keys = [{ state: { ...state, endpoint: "tcp://10.0.0.2:2375" } }, { state: { ...state, node: "ci1" } }];
        assert.deepEqual((await Promise.all(keys.map((each) => uses(each)))).flat(), [
            { key: "buildx_buildkit_ci0_state on tcp://10.0.0.2:2375", property: "state" },
            { key: `buildx_buildkit_ci1_state on ${endpoint}`, property: "state" },
        ]);
    });

    it("is the volume of each node that has a state", async () => {
        const nodes = [
            { endpoint: "tcp://10.0.0.3:2375" },
            { state: { ...state, node: "ci1" }, platforms: [unknown] },
            { state: { builderName: "ci", node: unknown }, name: unknown },
        ];
        assert.deepEqual(await uses({ endpoint, nodes }), [
            { key: `buildx_buildkit_ci1_state on ${endpoint}`, property: "nodes[1].state" },
            { key: `buildx_buildkit_ci0_state on ${endpoint}`, property: "nodes[2].state" },
        ]);
    });

    it("is not known if the builder's name or the engine is unknown", async () => {
        for (const each of [
            {},
            { state: { ...state, builderName: unknown } },
            { state: { ...state, endpoint: unknown } },
            { state: unknown },
            { state: { ...state, endpoint: undefined }, tls: { ca: unknown } },
            { nodes: unknown },
            { nodes: [unknown, { state: unknown }] },
            { state: { builderName: "ci", endpoint: "no-such-context" } },
        ])
            assert.deepEqual(await uses(each as never), [], JSON.stringify(each));
    });

    it("names the other builder in the error", async () => {
        const [use] = await ofBuilder({ urn: b }, { state });
        assert.equal(
            use?.reason(a),
            'BuildxBuilder "b" cannot use the state that BuildxBuilder "a" uses: buildkitd locks its state. ' +
                'Give "b" a BuildKitState of its own.',
        );
        assert.match(
            use?.reason(urnOf("b", "test:index:Part$")) ?? "",
            /the state that another BuildxBuilder "b" uses/,
        );
    });
});
