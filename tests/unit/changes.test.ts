/** The page of what each change does: each row is what `plan` decides. */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuilderInputs } from "../../provider/resources/docker-container/args";
import { noFiles } from "../../provider/resources/docker-container/node/files";
import { desiredBuilder } from "../../provider/resources/docker-container/desired";
import { readPublicTypes } from "../../schema/program";
import { changeOf } from "../support/driverOptions";
import { asAsked, change, desired, noNode, owner, planFor, record, steps, withNode } from "../support/plannedBuilder";
import { checkout } from "../support/project";

const page = readFileSync(join(checkout, "docs/reference/changes.md"), "utf8");

interface Row {
    readonly arguments: readonly string[];
    /** Container, running builds, record and cache. */
    readonly cells: readonly string[];
}

/** Returns the rows of the table below a heading. */
function rowsBelow(heading: string): Row[] {
    const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? assert.fail(heading);
    return section
        .split("\n")
        .filter((line) => line.startsWith("| `"))
        .map((line) => {
            const [named = "", ...cells] = line.slice(2, -2).split(" | ");
            return { arguments: [...named.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string), cells };
        });
}

const rows = [...rowsBelow("BuildxBuilder"), ...rowsBelow("A node of a builder")];

/** Returns what the steps of a plan mean for a user, in the words of the table. */
function outcome(done: readonly string[]): string[] {
    const has = (step: string) => done.some((each) => each === step || each.startsWith(step));
    if (has("replace: ")) return ["replaced", "finish first", "replaced", "new"];
    const isNew = has("removeContainer") && has("createContainer"); // one node is removed, another one is created
    const container = isNew
        ? "replaced"
        : has("createContainer")
          ? "recreated"
          : has("updateLimits")
            ? "updated"
            : has("boot")
              ? "restarted"
              : "unchanged";
    return [
        container,
        has("drain") ? "finish first" : "continue",
        has("writeRecord") ? "updated" : "unchanged",
        isNew ? "new" : "kept",
    ];
}

const nodes = [{ endpoint: "tcp://a:2375" }, { endpoint: "tcp://b:2375" }];
const state = { builderName: "ci", node: "ci0", volumeName: "" };

/** The steps for a configuration file that changed: `check` reads it, so it is not in the arguments. */
function changedFiles(from: Partial<BuilderInputs>): string[] {
    const files = { ...noFiles, contents: { "buildkitd.toml": Buffer.from("debug = true") }, digest: "1" };
    const wanted = desiredBuilder({ name: "ci", ...from }, owner, new Map([["ci0", files]]));
    return steps(wanted, asAsked(from));
}

/** The steps for a change of TLS files: the node has a docker context for them. */
const changedTls = (from: Partial<BuilderInputs>, to: Partial<BuilderInputs>) =>
    steps(
        desired(to),
        withNode(asAsked(from), { context: { name: "pulumi-buildx-ci0", status: "differs", content: {} as never } }),
    );

/** The steps of an example change of each argument. */
const examples: Readonly<Record<string, () => string[]>> = {
    name: () => change({}, { name: "other" }),
    state: () => change({ state }, { state: { ...state, node: "other" } }),
    endpoint: () => change({}, { endpoint: "tcp://host:2375" }),
    tls: () =>
        changedTls({ endpoint: "tcp://a:2375", tls: { ca: "a" } }, { endpoint: "tcp://a:2375", tls: { ca: "b" } }),
    platforms: () => change({}, { platforms: ["linux/arm64"] }),
    buildkitdFlags: () => change({}, { buildkitdFlags: ["--debug"] }),
    ...Object.fromEntries(
        ["buildkitdConfig", "buildkitdToml", "gc", "gcRules"].map((name) => [name, () => changedFiles({})]),
    ),
    extraHosts: () => change({}, { extraHosts: { host: "10.0.0.7" } }),
    dns: () => change({}, { dns: { nameservers: ["10.0.0.2"] } }),
    labels: () => change({}, { labels: { a: "b" } }),
    use: () => change({}, { use: true }),
    keepState: () => change({}, { keepState: true }),
    adopt: () => change({}, { adopt: true }),
    pull: () => change({}, { pull: "always" }),
    requirePlatforms: () => change({}, { requirePlatforms: ["linux/arm64"] }),
    bootTimeout: () => change({}, { bootTimeout: 5 }),
    drainTimeout: () => change({}, { drainTimeout: 5 }),
    nodes: () => {
        const { nodes: planned, after } = planFor(
            desired({ nodes: [nodes[0] as object, nodes[1] as object] }),
            asAsked({ nodes: [nodes[0] as object] }),
        );
        return [...(planned[0]?.steps ?? []), ...after].map((step) => step.do);
    },
    ...Object.fromEntries(
        Object.entries(changeOf).map(([option, [from, to]]) => [
            `driverOpts.${option}`,
            () => change({ driverOpts: from }, { driverOpts: to }),
        ]),
    ),
    "nodes[].name": () => movedNode({ name: "other" }),
    "nodes[].endpoint": () => movedNode({ endpoint: "tcp://c:2375" }),
    "nodes[].state": () => movedNode({ state: { ...state, node: "other", endpoint: "tcp://a:2375" } }),
    "nodes[].platforms": () => changedNode({ platforms: ["linux/arm64"] }),
    "nodes[].buildkitdFlags": () => changedNode({ buildkitdFlags: ["--debug"] }),
    ...Object.fromEntries(
        ["buildkitdConfig", "buildkitdToml"].map((name) => [`nodes[].${name}`, () => changedFiles({ nodes })]),
    ),
    "nodes[].tls": () => {
        const [first, second] = nodes as [object, object];
        const withTls = (ca: string) => ({ nodes: [{ ...first, tls: { ca } }, second] });
        return changedTls(withTls("a"), withTls("b"));
    },
};

/** The steps for a change of the first of two nodes. */
const changedNode = (changed: NonNullable<BuilderInputs["nodes"]>[number]) =>
    change({ nodes }, { nodes: [{ ...nodes[0], ...changed }, nodes[1] as object] });

/** The steps if the first of two nodes becomes another one, of which only the volume may exist. */
const movedNode = (changed: NonNullable<BuilderInputs["nodes"]>[number]) => {
    const { nodes: exist, ...found } = asAsked({ nodes });
    const volume = changed.state && { isOurs: false };
    const wanted = desired({ nodes: [{ ...nodes[0], ...changed }, nodes[1] as object] });
    return steps(wanted, { ...found, nodes: [{ ...noNode, volume }, ...exist.slice(1)] });
};

describe("the page of what each change does", () => {
    for (const { arguments: names, cells } of rows) {
        for (const name of names.filter((each) => each !== "nodes[].driverOpts")) {
            it(`says what plan decides for ${name}`, () => {
                const example = examples[name] ?? assert.fail(`${name} has no example change`);
                assert.deepEqual(outcome(example()), cells);
            });
        }
    }

    it("says the same of a driver option of a node as of the builder's", () => {
        for (const [option, [from, to]] of Object.entries(changeOf)) {
            const [first, second] = nodes as [object, object];
            const of = (driverOpts: object) => ({ nodes: [{ ...first, driverOpts }, second] });
            const { cells } = rows.find((row) => row.arguments.includes(`driverOpts.${option}`)) ?? assert.fail(option);
            assert.deepEqual(outcome(change(of(from), of(to))), cells, option);
        }
    });

    it("says what happens if a limit is removed, or a state uses the same volume", () => {
        assert.equal(outcome(change({ driverOpts: { memory: "1g" } }, {}))[0], "recreated");
        assert.deepEqual(change({}, { state }), ["saveSettings"]);
    });

    it("has each argument in exactly one row", () => {
        const { checker, exported } = readPublicTypes();
        const keysOf = (type: string) =>
            checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(exported(type))).map(({ name }) => name);
        const all = [
            ...keysOf("BuildxBuilderArgs").filter((key) => key !== "driverOpts"), // its options are listed
            ...keysOf("DriverOpts").map((key) => `driverOpts.${key}`),
            ...keysOf("NodeArgs").map((key) => `nodes[].${key}`),
        ];
        const listed = rows.flatMap((row) => row.arguments);
        assert.deepEqual([...listed].sort(), [...all].sort());
    });

    const { resources } = JSON.parse(readFileSync(join(checkout, "schema.json"), "utf8")) as {
        resources: Record<string, { inputProperties: Record<string, { willReplaceOnChanges?: true }> }>;
    };

    it("has each argument of the other resources in one row, and which of them replace the resource", () => {
        const others = rowsBelow("Other resources").flatMap(
            ({ arguments: [resource = ""], cells: [names = "", text = ""] }) =>
                [...names.matchAll(/`([^`]+)`/g)].map(
                    ([, name]) => [`${resource}.${name}`, / is replaced:/.test(text)] as const,
                ),
        );
        const expected = Object.entries(resources)
            .filter(([token]) => !/:(?:Buildx|Kubernetes)Builder$/.test(token)) // they have their own tables
            .flatMap(([token, { inputProperties }]) =>
                Object.entries(inputProperties).map(
                    ([key, spec]) => [`${token.split(":")[2]}.${key}`, spec.willReplaceOnChanges === true] as const,
                ),
            );
        assert.deepEqual(new Map([...others].sort()), new Map([...expected].sort()));
        assert.equal(others.length, expected.length);
    });

    it("has each argument of a KubernetesBuilder, and which of them always replace it", () => {
        const { inputProperties } = resources["buildx:index:KubernetesBuilder"] ?? assert.fail();
        const rowsOfKubernetes = rowsBelow("KubernetesBuilder");
        const listed = new Set(rowsOfKubernetes.flatMap((row) => row.arguments));
        assert.deepEqual([...listed].sort(), Object.keys(inputProperties).sort());
        const replacing = rowsOfKubernetes.filter(({ cells }) => cells[0] === "replaced");
        for (const [key, { willReplaceOnChanges = false }] of Object.entries(inputProperties))
            if (willReplaceOnChanges)
                assert.ok(
                    replacing.some((row) => row.arguments.includes(key)),
                    key,
                );
    });

    it("has no row for a record that is the same", () => {
        assert.deepEqual(record(desired()), record(desired({ labels: { a: "b" } })));
    });
});
