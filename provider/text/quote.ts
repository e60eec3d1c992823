/** Helpers for messages. */
import { closest, distance } from "fastest-levenshtein";
import { orNearest } from "./diskSpace";

/** Returns a value as a message quotes it. */
export const quote = (input: unknown) => (typeof input === "string" ? `"${input}"` : JSON.stringify(input));

/** Returns a hint with the legal name that was probably meant, or with all legal names. */
export function didYouMean(name: string, legal: readonly string[]): string {
    const nearest = closest(name, legal);
    return distance(name, nearest) <= Math.ceil(name.length / 3)
        ? `did you mean ${nearest}?`
        : `must be one of ${legal.join(", ")}`;
}

/**
 * Returns the message about an invalid size.
 *
 * @param valid what a valid size is, for example `must be a number of bytes, for example "512"`.
 * @param nearest the size that was probably meant, if there is one.
 */
export const invalidSize = (value: unknown, valid: string, nearest?: string): string =>
    `${quote(value)} is not a valid size: ${valid}${orNearest(nearest)}`;

/** Returns the path of a value in Pulumi's syntax: `nodes[1].driverOpts.memory`, `extraHosts["registry.example"]`. */
export const formatPath = (keys: readonly (string | number)[]): string =>
    keys.reduce<string>((all, key) => {
        if (typeof key === "number") return `${all}[${key}]`;
        if (all !== "" && !/^[\w$-]+$/.test(key)) return `${all}[${JSON.stringify(key)}]`;
        return all === "" ? key : `${all}.${key}`;
    }, "");
