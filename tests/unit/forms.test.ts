import { strict as assert } from "node:assert";
import {
    configForms,
    gcForms,
    mergeForms,
    pathInProgram,
    pathsOfBothForms,
    separateForms,
} from "../../provider/args/forms";
import { secretPaths } from "../../provider/args/secrets";
import { unknown } from "../../provider/args/unknown";
import { sameOwner } from "../../provider/ownership";
import { dynamicUrn } from "../../provider/text/urn";

describe("an argument of two forms", () => {
    it("is one argument of a lifecycle", () => {
        const rules = [{ maxUsedSpace: "1GB" }];
        assert.deepEqual(mergeForms({ gcRules: rules, use: true }, gcForms), { gc: rules, use: true });
        assert.deepEqual(mergeForms({ buildkitdToml: "debug = true" }, configForms), {
            buildkitdConfig: "debug = true",
        });
        assert.deepEqual(mergeForms({ gc: {}, gcRules: undefined }, gcForms), { gc: {} });
    });

    it("cannot be set in both forms, unless it is not known which one will be set", () => {
        assert.throws(
            () => mergeForms({ gc: {}, gcRules: [] }, gcForms),
            /gc and gcRules are two forms of one setting/,
        );
        assert.throws(() => mergeForms({ gc: {}, gcRules: unknown }, gcForms));
        assert.deepEqual(mergeForms({ gc: unknown, gcRules: unknown }, gcForms), { gc: unknown });
    });

    it("is two properties of the schema", () => {
        assert.deepEqual(separateForms({ gc: [], name: "a" }, gcForms), { gcRules: [], name: "a" });
        assert.deepEqual(separateForms({ gc: {}, name: "a" }, gcForms), { gc: {}, name: "a" });
        assert.deepEqual(separateForms({ buildkitdConfig: "debug = true" }, configForms), {
            buildkitdToml: "debug = true",
        });
    });

    it("has a path for each form in resource options", () => {
        const both = (...paths: string[]) => pathsOfBothForms(paths);
        assert.deepEqual(both("gc"), ["gc", "gcRules"]);
        assert.deepEqual(both("gcRules[0].all"), ["gcRules[0].all", "gc[0].all"]);
        assert.deepEqual(both("nodes[*].buildkitdConfig"), ["nodes[*].buildkitdConfig", "nodes[*].buildkitdToml"]);
        assert.deepEqual(both("labels.gc", "gcOther"), ["labels.gc", "gcOther"]);
    });

    it("has the path of the form in which a program gives it", () => {
        const second = ["gcRules", "nodes[1].buildkitdToml"];
        const paths = ["gc", "gc[0].filters", "gcOther", "nodes[1].buildkitdConfig.debug", "nodes[0].buildkitdConfig"];
        assert.deepEqual(
            paths.map((path) => pathInProgram(path, second)),
            ["gcRules", "gcRules[0].filters", "gcOther", "nodes[1].buildkitdToml.debug", "nodes[0].buildkitdConfig"],
        );
    });

    it("is a secret in both forms if it has a private key", () => {
        const key = "-----BEGIN PRIVATE KEY-----";
        assert.deepEqual(secretPaths({ buildkitdToml: key, nodes: [{ buildkitdToml: key }] }), [
            ["buildkitdToml"],
            ["nodes", 0, "buildkitdToml"],
        ]);
    });
});

describe("a resource of the plugin", () => {
    const ofPlugin = "urn:pulumi:dev::ci::my:Team$buildx:index:BuildxBuilder::ci";
    const ofDynamic = "urn:pulumi:dev::ci::my:Team$pulumi-nodejs:dynamic/buildx:BuildxBuilder::ci";

    it("has the URN of the dynamic provider but for its type", () => {
        assert.equal(dynamicUrn(ofPlugin), ofDynamic);
        assert.equal(dynamicUrn(ofDynamic), ofDynamic);
        const child = "urn:pulumi:dev::ci::buildx:index:BuildKitState$my:Part::buildx:index:part";
        assert.equal(dynamicUrn(child), child.replace("buildx:index:Build", "pulumi-nodejs:dynamic/buildx:Build"));
    });

    it("owns what it created with the dynamic provider", () => {
        const store = "0123456789abcdef";
        assert.ok(sameOwner({ urn: ofDynamic, store }, { urn: ofPlugin, store }));
        assert.ok(!sameOwner({ urn: ofDynamic, store: "" }, { urn: ofPlugin, store }));
        assert.ok(!sameOwner({ urn: ofDynamic.replace("::ci::", "::other::"), store }, { urn: ofPlugin, store }));
        assert.ok(!sameOwner(undefined, { urn: ofPlugin, store }));
    });
});
