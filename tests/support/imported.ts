/** Reads what Pulumi knows only by its name, as an import does. */
import { strict as assert } from "node:assert";
import type { Diff, Plugin } from "./pluginClient";

type Properties = Record<string, unknown>;

export const builderUrn = (plugin: Plugin) => plugin.urn("BuildxBuilder", "imported");

export interface Imported {
    readonly id: string;
    readonly properties: Properties;
    readonly inputs: Properties;
}

/** Returns what the next preview finds if the program has other arguments, or the arguments of the import. */
export async function compare(
    plugin: Plugin,
    urn: string,
    { id, properties: olds, inputs }: Imported,
    changed: Properties = {},
): Promise<Diff> {
    const { inputs: news, failures } = await plugin.check(urn, { ...inputs, ...changed }, inputs);
    assert.deepEqual(failures, []);
    return plugin.diff(urn, id, { olds, oldInputs: inputs, news });
}

/** Imports a builder, and checks that a program with the imported arguments changes nothing. */
export async function imported(plugin: Plugin, id: string, urn = builderUrn(plugin)): Promise<Imported> {
    const found = await plugin.read(urn, id);
    const { changes, detailed } = await compare(plugin, urn, found);
    assert.deepEqual([changes, detailed], ["none", {}], JSON.stringify(found.inputs));
    assert.deepEqual(
        Object.keys(found.inputs).filter((key) => key.startsWith("__")),
        [],
    );
    return found;
}
