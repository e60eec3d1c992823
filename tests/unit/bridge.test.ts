import { strict as assert } from "node:assert";
import { unknown } from "../../provider/args/unknown";
import { verbsOf } from "../../provider/bridges/dynamic/verbs";
import { type Call, changesOf, type Lifecycle, PartialFailureError } from "../../provider/bridges/lifecycle";

interface Args {
    readonly size: number;
}

interface Saved extends Args {
    readonly found: string;
    readonly __owner: { readonly urn: string };
}

const saved: Saved = { size: 1, found: "x", __owner: { urn: "owner" } };

/** Everything that the class adds to arguments of a resource. */
const hidden = { __urn: "urn", __mayBeStarting: true, __replaceOnChanges: ["size"], __provider: "text" };

/** A lifecycle that records what it is called with. */
function recording(overrides: Partial<Lifecycle<Args, Saved>> = {}) {
    const calls: { verb: string; call: Call; rest: unknown[] }[] = [];
    const record =
        <Result>(verb: string, result: Result) =>
        async (call: Call, ...rest: unknown[]) => {
            calls.push({ verb, call, rest });
            return result;
        };
    const lifecycle: Lifecycle<Args, Saved> = {
        outputs: ["found"],
        check: record("check", { args: { size: 2 }, failures: [] }),
        diff: record("diff", { changes: [] }),
        create: record("create", { id: "id", saved }),
        read: record("read", { id: "id", saved }),
        update: record("update", saved),
        delete: record("delete", undefined),
        comparedArguments: (before, after) => ({ before, after }),
        ...overrides,
    };
    return { calls, verbs: verbsOf(async () => lifecycle, ["__replaceOnChanges"]) };
}

describe("the bridge to dynamic providers", () => {
    it("removes the hidden inputs before a lifecycle sees the arguments", async () => {
        const { calls, verbs } = recording();
        await verbs.check({}, { size: 1, ...hidden });
        await verbs.check({ size: 1, ...hidden, __urn: "old" }, { size: 1, ...hidden });
        await verbs.diff("id", saved, { size: 1, ...hidden });
        await verbs.create({ size: 1, ...hidden });
        await verbs.update("id", saved, { size: 1, ...hidden });
        assert.deepEqual(
            calls.map(({ verb, rest }) => [verb, ...rest]),
            [
                ["check", undefined, { size: 1 }],
                ["check", { size: 1 }, { size: 1 }],
                ["diff", "id", saved, { size: 1 }],
                ["create", { size: 1 }],
                ["update", "id", saved, { size: 1 }],
            ],
        );
        for (const { call } of calls) assert.deepEqual([call.urn, call.mayBeStarting], ["urn", true]);
        assert.equal(calls[1]?.call.previousUrn, "old");
    });

    it("names an argument as the program gives it", async () => {
        const failures = [{ property: "gc[0].all", reason: "no" }];
        const { verbs } = recording({ check: async (_, __, args) => ({ args, failures }) });
        const { failures: found } = await verbs.check({}, { size: 1, ...hidden, __secondForms: ["gcRules"] });
        assert.deepEqual(found, [{ property: "gcRules[0].all", reason: "no" }]);
    });

    it("keeps the inputs, and what states have beside a lifecycle's own", async () => {
        const { verbs } = recording();
        const { inputs } = await verbs.check({}, { size: 1, ...hidden });
        assert.deepEqual(inputs, { size: 2, ...hidden });
        const all = { ...saved, __replaceOnChanges: ["size"] };
        assert.deepEqual(await verbs.create({ size: 1, ...hidden }), { id: "id", outs: all });
        assert.deepEqual(await verbs.update("id", saved, { size: 1, ...hidden }), { outs: all });
        assert.deepEqual(await verbs.create({ size: 1, __urn: "urn" }), { id: "id", outs: saved });
    });

    it("takes the URN from what is saved if Pulumi does not send it", async () => {
        const { calls, verbs } = recording();
        await verbs.read("id", saved);
        await verbs.delete("id", saved);
        await verbs.read("id", { size: 1, ...hidden });
        assert.deepEqual(
            calls.map(({ call }) => call.urn),
            ["owner", "owner", "urn"],
        );
    });

    it("reports a resource that is gone as Pulumi expects it", async () => {
        const { verbs } = recording({ read: async () => undefined });
        assert.deepEqual(await verbs.read("id", saved), { id: "", props: {} });
    });

    it("takes an unknown value and replaceOnChanges for a change", async () => {
        const { verbs } = recording();
        const diff = async (args: object) => verbs.diff("id", saved, { __urn: "urn", ...args });
        assert.deepEqual(await diff({ size: 1 }), { changes: false, replaces: [], deleteBeforeReplace: false });
        assert.deepEqual(await diff({ size: unknown }), { changes: true, replaces: [], deleteBeforeReplace: false });
        const replaced = { changes: true, replaces: ["size"], deleteBeforeReplace: false };
        assert.deepEqual(await diff({ size: 2, __replaceOnChanges: ["size"] }), replaced);
    });

    it("takes a change and a refusal of a lifecycle for a change", async () => {
        for (const found of [{ changes: [{ why: "size changed" }] }, { changes: [], refusal: "it is in use" }]) {
            const { verbs } = recording({ diff: async () => found });
            assert.equal((await verbs.diff("id", saved, { size: 1, __urn: "urn" })).changes, true);
        }
        assert.deepEqual(changesOf(["name"], [{ why: "a" }, { why: "b" }, { why: "a" }]), [
            { path: "name", why: "name changed" },
            { why: "a" },
            { why: "b" },
        ]);
    });

    it("saves a partial failure with the text that names the provider", async () => {
        const fails = async () => {
            throw new PartialFailureError([new Error("a"), new Error("a"), new Error("b")], "id", saved);
        };
        const { verbs } = recording({ create: fails, update: fails });
        const properties = { ...saved, __replaceOnChanges: ["size"], __provider: "text" };
        const expected = { id: "id", reasons: ["a", "b"], properties, stack: "" };
        await assert.rejects(verbs.create({ size: 1, ...hidden }), expected);
        await assert.rejects(verbs.update("id", saved, { size: 1, ...hidden }), expected);
    });

    it("reports two resources that use the same thing, unless their arguments are invalid anyway", async () => {
        const exclusiveUses = async (_: Call, { size }: Args) => [
            { key: `volume ${size}`, property: "size", reason: (user: string) => `${user} uses it` },
        ];
        const { verbs } = recording({ exclusiveUses });
        const check = async (__urn: string) => (await verbs.check({}, { size: 1, __urn })).failures;
        assert.deepEqual(await check("a"), []);
        assert.deepEqual(await check("a"), []); // as preview and update in one process
        assert.deepEqual(await check("b"), [{ property: "size", reason: "a uses it" }]);
        const failure = { property: "size", reason: "it is too large" };
        const invalid = recording({
            exclusiveUses,
            check: async (_, __, args) => ({ args, failures: [failure] }),
        });
        assert.deepEqual((await invalid.verbs.check({}, { size: 2, __urn: "b" })).failures, [failure]);
    });

    it("runs one call at a time on a volume", async () => {
        const order: string[] = [];
        const volumesOf = async () => ["volume"];
        const create = async ({ urn }: Call) => {
            order.push(`${urn} starts`);
            await new Promise((resolve) => setTimeout(resolve, 5));
            order.push(`${urn} ends`);
            return { id: urn, saved };
        };
        const { verbs } = recording({ volumesOf, create });
        await Promise.all(["a", "b"].map((__urn) => verbs.create({ size: 1, __urn })));
        assert.deepEqual(order, ["a starts", "a ends", "b starts", "b ends"]);
    });
});
