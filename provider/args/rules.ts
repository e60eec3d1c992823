import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { whyIllegalName } from "../buildx/names";
import { isOwnLabel } from "../ownership";
import { formatPath, quote, didYouMean } from "../text/quote";

type Schema = v.LooseObjectSchema<v.ObjectEntries, undefined>;

export const text = (what: string) => v.pipe(v.string(({ input }) => `${quote(input)} is not ${what}`));

/** Returns the schema of a text that satisfies `isLegal`. `what` describes a legal text in messages. */
export const textThat = (isLegal: (text: string) => boolean, what: string) =>
    v.pipe(
        text(what),
        v.check(isLegal, ({ input }) => `${quote(input)} is not ${what}`),
    );

/** Additional labels of a container or a volume. */
export const legalLabels = v.record(
    v.pipe(
        v.string(),
        v.check(
            (key) => !isOwnLabel(key),
            ({ input }) =>
                `"${input}" is not a valid label: this package sets those itself that start as it does, so write ` +
                'one of your own, for example "com.example.team"',
        ),
    ),
    v.string(({ input }) => `${quote(input)} is not text`),
);

/** Name of a builder or a node. */
export const legalName = v.pipe(
    text("a builder's name"),
    v.check(
        (value) => whyIllegalName(value) === undefined,
        ({ input }) => whyIllegalName(input) ?? "",
    ),
);

/** Reports keys of an object that are not legal. */
export const onlyKeys = (legal: readonly string[]) =>
    v.rawCheck<Record<string, unknown>>(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        for (const key of Object.keys(dataset.value).filter((each) => !legal.includes(each)))
            addIssue({ message: `there is no ${key}: ${didYouMean(key, legal)}` });
    });

/** Returns everything that is wrong with a resource's arguments, each with its property. */
export function failuresOf(schema: Schema, value: Record<string, unknown>): CheckFailure[] {
    const known = Object.keys(schema.entries);
    const unknownKeys = Object.keys(value).filter((key) => !known.includes(key) && !key.startsWith("__"));
    const { issues = [] } = v.safeParse(schema, value);
    return [
        ...unknownKeys.map((key) => ({
            property: key,
            reason: `there is no argument ${key}: ${didYouMean(key, known)}`,
        })),
        ...issues.map(({ path = [], message: reason }) => ({
            property: formatPath(path.map(({ key }) => key as string | number)),
            reason,
        })),
    ];
}
