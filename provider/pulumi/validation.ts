import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import { closest, distance } from "fastest-levenshtein";
import * as v from "valibot";
import { whyIllegalName } from "../buildx/names";

type Schema = v.LooseObjectSchema<v.ObjectEntries, undefined>;

/** A value as a message quotes it. */
export const said = (input: unknown) => (typeof input === "string" ? `"${input}"` : JSON.stringify(input));

export const text = (what: string) => v.pipe(v.string(({ input }) => `${said(input)} is not ${what}`));

/** A text that `isLegal`, or else is not `what`. */
export const textThat = (isLegal: (text: string) => boolean, what: string) =>
    v.pipe(
        text(what),
        v.check(isLegal, ({ input }) => `${said(input)} is not ${what}`),
    );

/** A builder's or a node's name. */
export const legalName = v.pipe(
    text("a builder's name"),
    v.check(
        (value) => whyIllegalName(value) === undefined,
        ({ input }) => whyIllegalName(input) ?? "",
    ),
);

/** Tells keys of an object that are none of the legal ones. */
export const onlyKeys = (legal: readonly string[]) =>
    v.rawCheck<Record<string, unknown>>(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        for (const key of Object.keys(dataset.value).filter((each) => !legal.includes(each)))
            addIssue({ message: `there is no ${key}: ${suggestion(key, legal)}` });
    });

/** All that is wrong with a resource's arguments, each at the property that it is wrong with. */
export function failuresOf(schema: Schema, value: Record<string, unknown>): CheckFailure[] {
    const known = Object.keys(schema.entries);
    const unknownKeys = Object.keys(value).filter((key) => !known.includes(key) && !key.startsWith("__"));
    const { issues = [] } = v.safeParse(schema, value);
    return [
        ...unknownKeys.map((key) => ({
            property: key,
            reason: `there is no argument ${key}: ${suggestion(key, known)}`,
        })),
        ...issues.map((issue) => ({ property: pathOf(issue), reason: issue.message })),
    ];
}

/** Where an issue is, as Pulumi writes it: `nodes[1].driverOpts.memory`, `extraHosts["registry.example"]`. */
const pathOf = ({ path = [] }: { path?: readonly { key: unknown }[] | undefined }): string =>
    path.reduce((all, { key }) => {
        if (typeof key === "number") return `${all}[${key}]`;
        const name = String(key);
        if (all !== "" && !/^[\w$-]+$/.test(name)) return `${all}[${JSON.stringify(name)}]`;
        return all === "" ? name : `${all}.${name}`;
    }, "");

/** Which of the legal names was probably meant. */
export function suggestion(name: string, legal: readonly string[]): string {
    const nearest = closest(name, legal);
    return distance(name, nearest) <= Math.ceil(name.length / 3)
        ? `did you mean ${nearest}?`
        : `there are ${legal.join(", ")}`;
}
