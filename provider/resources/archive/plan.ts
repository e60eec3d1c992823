/** Decides whether an archive is written. Pure, like the builder's plan. */
import { isDeepStrictEqual } from "node:util";
import type { DesiredArchive } from "./desired";

/** The arguments whose change causes a new archive, with the reason to show. */
const reasons = {
    node: "the node changed",
    endpoint: "the endpoint changed",
    to: "the place changed",
    triggers: "the triggers changed",
} as const satisfies Partial<Record<keyof DesiredArchive, string>>;

/**
 * @param known the archive as the program declared it when it was last written; `undefined` if it was never written.
 * @returns why the archive is written, or `undefined` if it is not written.
 */
export function planArchive(desired: DesiredArchive, known: DesiredArchive | undefined): string | undefined {
    if (known === undefined) return "there is none";
    const keys = Object.keys(reasons) as (keyof typeof reasons)[];
    const changed = keys.find((key) => !isDeepStrictEqual(desired[key], known[key]));
    return changed && reasons[changed];
}
