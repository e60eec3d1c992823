/** Creates builders as this package does and as docker buildx does, in the same store. */
import { createRequire } from "node:module";
import { cpus } from "node:os";
import type { CheckResult, CreateResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import type { BuilderInputs } from "../../provider/resources/docker-container/args";
import type { SavedBuilder } from "../../provider/resources/docker-container/saved";
import { must } from "../../tests/support/run";
import { throwIfInterrupted } from "./interruption";

/** The package as Pulumi's provider process finds it. */
const { BuildxBuilder: verbs } = createRequire(__filename)(
    "pulumi-buildx/dynamic",
) as typeof import("../../provider/bridges/dynamic");

export interface CreatedBuilder {
    readonly id: string;
    readonly inputs: BuilderInputs;
    state: SavedBuilder;
}

/** Creates a builder with `check` and `create`, as Pulumi does. */
export async function createBuilder(name: string, args: Partial<BuilderInputs> = {}): Promise<CreatedBuilder> {
    const asked = {
        name,
        ...args,
        __urn: `urn:pulumi:bench::bench::pulumi-nodejs:dynamic/buildx:BuildxBuilder::${name}`,
    };
    const { inputs = asked, failures = [] } = (await verbs.check({}, asked)) as CheckResult<BuilderInputs>;
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    const { id, outs } = (await verbs.create(inputs)) as CreateResult<SavedBuilder>;
    return { id, inputs, state: outs as SavedBuilder };
}

/** Changes arguments of an existing builder. */
export async function updateBuilder(created: CreatedBuilder, args: Partial<BuilderInputs>): Promise<void> {
    const { outs } = (await verbs.update(created.id, created.state, {
        ...created.inputs,
        ...args,
    })) as UpdateResult<SavedBuilder>;
    created.state = outs as SavedBuilder;
}

export const readBuilder = ({ id, state }: CreatedBuilder): Promise<unknown> => verbs.read(id, state);

export const deleteBuilder = ({ id, state }: CreatedBuilder): Promise<void> => verbs.delete(id, state);

export const buildx = (...args: string[]): Promise<string> => must("docker", ["buildx", ...args]);

export const createWithBuildx = (name: string, ...args: string[]): Promise<string> =>
    buildx("create", "--name", name, "--driver", "docker-container", "--bootstrap", ...args);

export const removeWithBuildx = (...names: string[]): Promise<string> => buildx("rm", ...names);

/**
 * Does some work for each item. After a failure it starts no more items and waits for the items in progress.
 *
 * @param atOnce the number of items in parallel.
 * @default the parallelism of `pulumi up`
 */
export async function inParallel<Item, Result>(
    items: readonly Item[],
    work: (item: Item) => Promise<Result>,
    atOnce = 4 * cpus().length,
): Promise<Result[]> {
    const results: Result[] = [];
    const failures: unknown[] = [];
    const left = items.entries();
    const take = async () => {
        for (const [index, item] of left) {
            if (failures.length > 0) return;
            throwIfInterrupted();
            results[index] = await work(item);
        }
    };
    await Promise.all(Array.from({ length: atOnce }, () => take().catch((error: unknown) => failures.push(error))));
    if (failures.length > 0) throw failures[0];
    return results;
}
