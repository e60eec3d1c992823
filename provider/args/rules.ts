/** Rules for values that several arguments share. Each message is a whole sentence. */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { whyIllegalName } from "../buildx/names";
import { isOwnLabel } from "../ownership";
import { formatPath, quote, didYouMean } from "../text/quote";
import { namesOfBothForms } from "./forms";

type Schema = v.LooseObjectSchema<v.ObjectEntries, undefined>;

/** Returns the message about an invalid value. */
type Message = (value: unknown) => string;

export const text = (message: Message) => v.pipe(v.string(({ input }) => message(input)));

/** Returns the schema of a text that satisfies `isLegal`. */
export const textThat = (isLegal: (text: string) => boolean, message: Message) =>
    v.pipe(
        text(message),
        v.check(isLegal, ({ input }) => message(input)),
    );

/** `true` or `false`. */
export const flag = v.boolean(({ input }) => `${quote(input)} is not a valid boolean: must be true or false`);

/**
 * Returns the schema of a number of seconds.
 *
 * @param min the smallest valid number.
 */
export const seconds = ({ min }: { readonly min: number }) =>
    v.custom<number>(
        (value) => typeof value === "number" && Number.isFinite(value) && value >= min,
        ({ input }) => `${quote(input)} is not a valid number of seconds: must be a number, ${min} or more`,
    );

/** Additional labels of a container or a volume. */
export const legalLabels = v.record(
    v.pipe(
        v.string(),
        v.check(
            (key) => !isOwnLabel(key),
            ({ input }) =>
                `"${input}" is not a valid label: its prefix is reserved for this package. Use another prefix, ` +
                'for example "com.example.team"',
        ),
    ),
    v.string(({ input }) => `${quote(input)} is not a valid label value: must be a string`),
    'must be an object of texts, for example { "com.example.team": "ci" }',
);

const whyNoName = ({ input }: { readonly input: unknown }) => whyIllegalName(input) ?? "";

/** Name of a builder or a node. */
export const legalName = v.pipe(
    v.string(whyNoName),
    v.check((value) => whyIllegalName(value) === undefined, whyNoName),
);

/** Returns the message about an unknown key of an object. */
export const unknownKey = (key: string, legal: readonly string[]): string =>
    `"${key}" is not a valid key: ${didYouMean(key, legal)}`;

/** Reports keys of an object that are not legal. */
export const onlyKeys = (legal: readonly string[]) =>
    v.rawCheck<Record<string, unknown>>(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        for (const key of Object.keys(dataset.value).filter((each) => !legal.includes(each)))
            addIssue({ message: unknownKey(key, namesOfBothForms(legal)) });
    });

/** Returns everything that is wrong with a resource's arguments, each with its property. */
export function failuresOf(schema: Schema, value: Record<string, unknown>): CheckFailure[] {
    const known = Object.keys(schema.entries);
    const unknownKeys = Object.keys(value).filter((key) => !known.includes(key) && !key.startsWith("__"));
    const { issues = [] } = v.safeParse(schema, value);
    return [
        ...unknownKeys.map((key) => ({
            property: key,
            reason: `"${key}" is not a valid argument: ${didYouMean(key, namesOfBothForms(known))}`,
        })),
        ...issues.map(({ path = [], message: reason }) => ({
            property: formatPath(path.map(({ key }) => key as string | number)),
            reason,
        })),
    ];
}
