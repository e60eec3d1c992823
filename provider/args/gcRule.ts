/** Schema of a garbage collection rule in arguments. */
import * as v from "valibot";
import { doubtfulDiskSpace, isDiskSpace, nearestDiskSpace } from "../text/diskSpace";
import { durationInHours, type GcRule } from "../buildkit/gc";
import { invalidSize, quote } from "../text/quote";
import { flag, textThat } from "./rules";

const space = v.optional(
    v.custom<number | string>(isDiskSpace, ({ input }) =>
        invalidSize(
            input,
            'must be a number of bytes, a number with a unit or a percentage of the disk, for example "20GB" or "10%"',
            nearestDiskSpace(input),
        ),
    ),
);

/** Whether a value is a duration. A number is a number of whole seconds. */
const isDuration = (value: unknown) =>
    (typeof value === "number" || typeof value === "string") && durationInHours(String(value)) !== undefined;

export const gcRule = {
    reservedSpace: space,
    maxUsedSpace: space,
    minFreeSpace: space,
    keepDuration: v.optional(
        v.custom<number | string>(
            isDuration,
            ({ input }) =>
                `${quote(input)} is not a valid duration: must be a number of seconds or a number with a unit, for example "48h" or "7d"`,
        ),
    ),
    filters: v.optional(
        v.array(
            textThat(
                (filter) => filter.trim() !== "",
                (value) => `${quote(value)} is not a valid filter: must not be empty`,
            ),
            'must be a list of filters, for example ["type==exec.cachemount"]',
        ),
    ),
    all: v.optional(flag),
} satisfies Record<keyof GcRule, v.GenericSchema>;

/** Returns warnings about legal values in rules that are probably not the intended ones, each with its property. */
export function doubtsOfRules(rules: readonly unknown[], at: (index: number) => string): string[] {
    return rules.flatMap((rule, index) =>
        (["reservedSpace", "maxUsedSpace", "minFreeSpace"] as const).flatMap((key) => {
            const doubt = doubtfulDiskSpace((rule as Record<string, unknown> | null)?.[key]);
            return doubt === undefined ? [] : [`${at(index)}${key}: ${doubt}`];
        }),
    );
}
