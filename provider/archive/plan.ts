/** Decides whether an archive is written. Pure, as the builder's plan is. */
import { isDeepStrictEqual } from "node:util";
import type { DesiredArchive } from "./desired";

/** What makes it another archive, with the words for it. */
const reasons = {
    node: "the node changed",
    endpoint: "the endpoint changed",
    to: "the place changed",
    triggers: "the triggers changed",
} as const satisfies Partial<Record<keyof DesiredArchive, string>>;

/**
 * @param known as it was asked for when it was written; `undefined` where it was not.
 * @returns why it is written; `undefined` where it is not.
 */
export function planArchive(desired: DesiredArchive, known: DesiredArchive | undefined): string | undefined {
    if (known === undefined) return "there is none";
    const keys = Object.keys(reasons) as (keyof typeof reasons)[];
    const changed = keys.find((key) => !isDeepStrictEqual(desired[key], known[key]));
    return changed && reasons[changed];
}
