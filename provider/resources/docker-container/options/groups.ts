/**
 * The table of driver options, grouped by the effect of a change, and the types of the options' values in a container.
 */
import type { FixedOption, LimitOption, Option } from "./option";
import { driverOptions } from "./table";

type Table = typeof driverOptions;

type Named<Change extends Option["change"]> = {
    [Key in keyof Table]: Table[Key] extends { readonly change: Change } ? Key : never;
}[keyof Table];

/** The limits of a container, in the units of the Engine API. They change on a running container. */
export type Limits = { [Key in Named<"in place">]: ReturnType<Table[Key]["parse"]> };

/** The driver options that a container keeps for its lifetime. */
export type FixedOptions = { [Key in Named<"recreate">]: ReturnType<Table[Key]["parse"]> };

export const allOptions = Object.entries(driverOptions) as [keyof Table, Option][];

export const limitOptions = allOptions.filter(([, { change }]) => change === "in place") as [
    keyof Limits,
    LimitOption,
][];

export const fixedOptions = allOptions.filter(([, { change }]) => change === "recreate") as [
    keyof FixedOptions,
    FixedOption,
][];
