/** Schema of a garbage collection rule in arguments. */
import * as v from "valibot";
import { orNearest, doubtfulDiskSpace, isDiskSpace, nearestDiskSpace } from "../text/diskSpace";
import { durationInHours, type GcRule } from "../buildkit/gc";
import { quote } from "../text/quote";
import { textThat } from "./rules";

const space = v.optional(
    v.custom<number | string>(
        isDiskSpace,
        ({ input }) =>
            `${quote(input)} is not a size: write a number of bytes, "20GB" or "10%"${orNearest(nearestDiskSpace(input))}`,
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
            ({ input }) => `${quote(input)} is not a duration: write "48h", "7d" or a number of seconds`,
        ),
    ),
    filters: v.optional(
        v.array(
            textThat((filter) => filter.trim() !== "", "a filter"),
            'write a list of filters, such as ["type==exec.cachemount"]',
        ),
    ),
    all: v.optional(v.boolean(({ input }) => `${quote(input)} is not true or false`)),
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
