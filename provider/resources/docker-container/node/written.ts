/** Which arguments of a program describe a node, and their paths in Pulumi's syntax. */
import { isDeepStrictEqual } from "node:util";
import { formatPath } from "../../../text/quote";
import type { BuilderInputs, NodeInputs } from "../args";

/** The arguments of a node, as the program has them. */
export interface WrittenArguments {
    /** The arguments that apply to the node, with the builder's arguments as defaults. */
    readonly all: BuilderInputs;
    /** The arguments in `nodes` alone. In saved arguments, they include the builder's arguments. */
    readonly own: NodeInputs;
    readonly ofBuilder: BuilderInputs;
    /** Position in the argument `nodes`. `undefined` for the single node of a builder without `nodes`. */
    readonly position: number | undefined;
}

/** Keys that lead to an argument, for example `["driverOpts", "memory"]`. */
export type ArgumentKeys = readonly string[];

/** Arguments that a builder has and a node does not. */
const ofBuilderAlone: readonly string[] = ["gc", "labels", "extraHosts", "dns"] satisfies (keyof BuilderInputs)[];

const valueAt = (of: object, keys: ArgumentKeys): unknown =>
    keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], of);

export const hasArgument = ({ all }: WrittenArguments, keys: ArgumentKeys): boolean => valueAt(all, keys) !== undefined;

/** Whether an argument of a node has another value than before. */
export const hasChanged = (before: WrittenArguments, now: WrittenArguments, keys: ArgumentKeys): boolean =>
    !isDeepStrictEqual(valueAt(before.all, keys), valueAt(now.all, keys));

/**
 * Returns the path of an argument as the program wrote it: `nodes[1].driverOpts.memory` if `nodes` has it, or
 * `driverOpts.memory` if the builder has it. If the program does not have the argument any more, the path is the one
 * that it had before.
 */
export function pathOf(keys: ArgumentKeys, now: WrittenArguments, before?: WrittenArguments): string {
    return formatPath(isOfNode(keys, now, before) ? [...nodeKeys(now), ...keys] : keys);
}

function isOfNode(keys: ArgumentKeys, now: WrittenArguments, before: WrittenArguments | undefined): boolean {
    if (ofBuilderAlone.includes(keys[0] ?? "")) return false;
    if (hasArgument(now, keys)) return valueAt(now.own, keys) !== undefined;
    if (before === undefined || !hasArgument(before, keys)) return true;
    const own = valueAt(before.own, keys);
    return own !== undefined && !isDeepStrictEqual(own, valueAt(before.ofBuilder, keys));
}

const nodeKeys = ({ position }: WrittenArguments) => (position === undefined ? [] : ["nodes", position]);

/** Returns the path of a node, for example `nodes[1]`. Empty for the single node of a builder without `nodes`. */
export const pathOfNode = (written: WrittenArguments): string => formatPath(nodeKeys(written));

/** Returns the path of an output of a node. */
export const pathOfOutput = (written: WrittenArguments, output: string): string =>
    formatPath([...nodeKeys(written), output]);
