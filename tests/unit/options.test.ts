/** Every option of the table, by itself. An option that lacks a case, a docstring or a row in the reference fails. */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { failuresOfBuilder } from "../../provider/resources/docker-container/check";
import { limitUpdate } from "../../provider/resources/docker-container/node/containerOptions";
import { settingsOfContainer } from "../../provider/resources/docker-container/node/containerSettings";
import { desiredBuilder, type DesiredNode } from "../../provider/resources/docker-container/desired";
import { allOptions, type Limits, limitOptions } from "../../provider/resources/docker-container/options/groups";
import { toStoredDriverOptions } from "../../provider/resources/docker-container/record";
import {
    changedFixed,
    changedLimits,
    optionsOfSettings,
    type Settings,
} from "../../provider/resources/docker-container/node/settings";
import type { DriverOptions } from "../../provider/buildx/driverOptions";
import type { EngineTraits } from "../../provider/docker/engine/engine";
import { changeOf, made } from "../support/driverOptions";

const owner = { urn: "urn:pulumi:dev::p::t::b", store: "0123456789abcdef" };
const docker: EngineTraits = { CgroupDriver: "cgroupfs" };

const checkout = join(__dirname, "../..");
const source = readFileSync(join(checkout, "provider/buildx/driverOptions.ts"), "utf8");
const reference = readFileSync(join(checkout, "docs/reference/builder.md"), "utf8");

const nodeOf = (driverOpts: DriverOptions): DesiredNode =>
    desiredBuilder({ name: "ci", driverOpts }, owner).nodes[0] as DesiredNode;

/** The settings that are read back from a container with these options. */
const read = (options: DriverOptions, engine = docker, host = {}): Settings =>
    settingsOfContainer(made(nodeOf(options), owner, engine, { host }), {
        image: undefined,
        engine,
        isPodman: false,
        network: options.network ?? "bridge",
        files: "",
        asked: nodeOf(options).settings.fixed,
    });

const changed = (found: Settings, { settings: wanted }: DesiredNode): string[] => [
    ...changedLimits(found, wanted),
    ...changedFixed(found, wanted),
];

for (const [name, option] of allOptions) {
    describe(`the driver option ${name}`, () => {
        let from: DriverOptions;
        let to: DriverOptions;

        before(() => {
            const change = changeOf[name] as readonly [DriverOptions, DriverOptions] | undefined;
            assert.ok(
                change,
                `${name} has no change: add "${name}: [{}, { ${name}: … }]" to tests/support/driverOptions.ts`,
            );
            [from, to] = change;
        });

        it("is documented", () => {
            const docstring = new RegExp(String.raw`@default .+\n {5}\*/\n {4}${name}\?: `);
            assert.match(
                source,
                docstring,
                `${name} has no docstring with @default in provider/buildx/driverOptions.ts`,
            );
            const row = new RegExp(`^\\| \`${name}\` \\| `, "m");
            assert.match(reference, row, `${name} has no row in docs/reference/builder.md: run npm run schema`);
        });

        it("is checked", async () => {
            const failures = (driverOpts: object) => failuresOfBuilder({ name: "ci", driverOpts });
            for (const options of [from, to]) assert.deepEqual(await failures(options), []);
            const [failure] = await failures({ ...to, [name]: [1] });
            assert.match(failure?.property ?? "", new RegExp(String.raw`^driverOpts\.${name}\b`));
            const [misspelled] = option.buildx === name ? [] : await failures({ [option.buildx]: to[name] });
            if (option.buildx !== name) assert.match(misspelled?.reason ?? "", new RegExp(`write ${name} instead`));
        });

        it("is in buildx's record in the driver's spelling", () => {
            const spelled = (options: DriverOptions) =>
                Object.entries(toStoredDriverOptions(options) ?? {}).filter(
                    ([key]) => key === option.buildx || key.startsWith(`${option.buildx}.`),
                );
            assert.ok(spelled(to).length > 0);
            assert.notDeepEqual(spelled(to), spelled(from));
        });

        it(`costs what the table says: ${option.change}`, () => {
            const { settings: before } = nodeOf(from);
            const { settings: after } = nodeOf(to);
            assert.deepEqual(changedLimits(before, after), option.change === "in place" ? [name] : []);
            assert.deepEqual(changedFixed(before, after), option.change === "recreate" ? [name] : []);
        });

        if (option.change === "record only") return;

        it("is written into a container and read back", () => {
            assert.deepEqual(changed(read(from), nodeOf(from)), []);
            assert.deepEqual(changed(read(to), nodeOf(to)), []);
            assert.deepEqual(changed(read(from), nodeOf(to)), [name]);
            assert.deepEqual(optionsOfSettings(read(from), from), from);
            assert.deepEqual(optionsOfSettings(read(to), from), to);
            assert.deepEqual(optionsOfSettings(read({}), to)[name], undefined);
        });
    });
}

for (const [name, { trait }] of limitOptions) {
    describe(`the limit ${name}`, () => {
        const [from, to] = changeOf[name] ?? [{}, {}];

        it("is updated on a running container", () => {
            const updated = read(from, docker, limitUpdate(nodeOf(to).settings.limits as Limits));
            assert.deepEqual(changed(updated, nodeOf(to)), []);
        });

        it("is dropped by an engine whose host cannot set it", () => {
            assert.ok(name in read(to).limits);
            if (trait !== undefined) assert.ok(!(name in read(to, { ...docker, [trait]: false }).limits));
        });
    });
}
