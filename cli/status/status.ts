import { otherDriver, whyOtherDriver } from "../../provider/buildx/otherDriver";
import { didYouMean } from "../../provider/text/quote";
import type { Invocation } from "../arguments";
import { builderOfNode } from "../machine/names";
import { collectMachine } from "../machine/machine";
import { screenOf } from "../format/screen";
import { type BuilderStatus, reportStatus } from "./report";
import { renderStatus } from "./table";

/** Prints the builders and their states. Returns the exit code. */
export async function status({ names, json }: Invocation): Promise<number> {
    const machine = await collectMachine(names, { usage: true, health: false });
    const builders = reportStatus(machine, names);
    const unknown = names.filter((name) => !builders.some((builder) => isNamed(builder, name)));
    if (json) process.stdout.write(`${JSON.stringify({ builders: builders.map(jsonOf) }, undefined, 4)}\n`);
    else if (builders.length > 0 || names.length === 0)
        process.stdout.write(renderStatus(builders, screenOf(process.stdout), new Date()));
    const known = machine.store.records.map(({ name }) => name);
    const { error } = machine.store;
    if (error !== undefined) process.stderr.write(`${error.message}\n`);
    for (const name of error === undefined ? unknown : []) {
        const other = await otherDriver(name);
        if (other !== undefined) {
            const failed = `builder "${name}" cannot be shown`;
            process.stderr.write(`${whyOtherDriver(failed, other, `docker buildx inspect ${name}`)}\n`);
            continue;
        }
        const hint = known.length > 0 ? didYouMean(name, known) : "there are no builders";
        process.stderr.write(`builder "${name}" not found in ${machine.store.folder}: ${hint}\n`);
    }
    return unknown.length > 0 || error !== undefined ? 1 : 0;
}

const isNamed = ({ name, nodes }: BuilderStatus, requested: string) =>
    [name, builderOfNode(name), ...nodes.flatMap((node) => [node.name, node.container, node.volume])].includes(
        requested,
    );

/** Returns a builder for JSON. Unknown values are `null`, so that every key is always present. */
export function jsonOf({ resource, nodes, ...builder }: BuilderStatus): object {
    return {
        ...builder,
        trouble: builder.trouble ?? null,
        lastUsed: builder.lastUsed ?? null,
        resource: resource ?? null,
        nodes: nodes.map((node) => ({
            name: node.name,
            endpoint: node.endpoint,
            container: node.container ?? null,
            volume: node.volume ?? null,
            status: node.status,
            trouble: node.trouble ?? null,
            buildkitVersion: node.buildkitVersion ?? null,
            platforms: node.platforms,
            cache:
                node.cache === undefined
                    ? null
                    : {
                          total: node.cache.total,
                          reclaimable: node.cache.reclaimable ?? null,
                          byType: node.cache.byType ?? null,
                      },
            lastUsed: node.lastUsed ?? null,
            resource: node.resource ?? null,
        })),
    };
}
