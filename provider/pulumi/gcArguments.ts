/** A rule of garbage collection as arguments have it. */
import * as v from "valibot";
import { isDiskSpace } from "../buildkit/config/kinds";
import { durationInHours } from "../buildkit/gc";
import { said } from "../words";
import { textThat } from "./validation";

const space = v.optional(
    v.custom<number | string>(
        isDiskSpace,
        ({ input }) => `${said(input)} is not a size: write a number of bytes, "20GB" or "10%"`,
    ),
);

const isDuration = (value: unknown) =>
    typeof value === "number" ? value >= 0 : typeof value === "string" && durationInHours(value) !== undefined;

export const gcRule = {
    reservedSpace: space,
    maxUsedSpace: space,
    minFreeSpace: space,
    keepDuration: v.optional(
        v.custom<number | string>(
            isDuration,
            ({ input }) => `${said(input)} is not a duration: write "48h", "7d" or a number of seconds`,
        ),
    ),
    filters: v.optional(
        v.array(
            textThat((filter) => filter.trim() !== "", "a filter"),
            'write a list of filters, such as ["type==exec.cachemount"]',
        ),
    ),
    all: v.optional(v.boolean(({ input }) => `${said(input)} is not true or false`)),
};
