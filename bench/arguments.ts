import { parseArgs } from "node:util";
import type { Measurement } from "./measurement";

/**
 * Returns the measurements that `--only` selects, or all of them.
 *
 * @throws {Error} if there is no measurement of a given name.
 */
export function chosen(args: string[], all: readonly Measurement[]): readonly Measurement[] {
    const { values } = parseArgs({ args, options: { only: { type: "string", multiple: true } } });
    if (values.only === undefined) return all;
    const names = values.only.flatMap((each) => each.split(","));
    const missing = names.find((name) => !all.some((each) => each.name === name));
    if (missing === undefined) return all.filter(({ name }) => names.includes(name));
    const there = all.map(({ name }) => name).join(", ");
    throw new Error(`there is no measurement "${missing}": there are ${there}`);
}
