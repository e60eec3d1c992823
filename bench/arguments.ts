import { parseArgs } from "node:util";
import type { Measurement } from "./measurement";

/**
 * Returns the measurements that `--only` selects, or all of them.
 *
 * @throws {Error} if a given name is not the name of a measurement.
 */
export function selectMeasurements(args: string[], all: readonly Measurement[]): readonly Measurement[] {
    const { values } = parseArgs({ args, options: { only: { type: "string", multiple: true } } });
    if (values.only === undefined) return all;
    const requested = values.only.flatMap((each) => each.split(","));
    const missing = requested.find((name) => !all.some((each) => each.name === name));
    if (missing === undefined) return all.filter(({ name }) => requested.includes(name));
    const names = all.map(({ name }) => name).join(", ");
    throw new Error(`"${missing}" is not a valid measurement: must be one of ${names}`);
}
