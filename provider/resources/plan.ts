/** What the plans of the resources have in common. */
import { isDeepStrictEqual } from "node:util";
import { type Cause, changesOf, type Difference } from "../bridges/lifecycle";

/** The steps of a change. `diff` reports the same steps that `create` and `update` run. */
export interface Plan<Step extends Cause> {
    /** Why the plan is refused. If set, there are no steps. */
    readonly refusal?: string;
    /** The changed arguments that require a replacement. If set, there are no steps. */
    readonly replaces?: readonly string[];
    readonly steps: readonly Step[];
}

/** Returns the first reason that applies for refusing a plan, or `undefined` if there is none. */
export function firstReason<Facts extends readonly unknown[]>(
    refusals: readonly ((...facts: Facts) => string | undefined)[],
    ...facts: Facts
): string | undefined {
    for (const refusal of refusals) {
        const reason = refusal(...facts);
        if (reason !== undefined) return reason;
    }
    return undefined;
}

/** Returns a plan as `diff` reports it. */
export const differenceOf = (
    { refusal, replaces = [], steps }: Plan<Cause>,
    { deleteBeforeReplace = false } = {},
): Difference => ({ changes: changesOf(replaces, steps), refusal, replaces, deleteBeforeReplace });

/**
 * Returns the names of the arguments that changed. The order of the keys of an object is not a change.
 *
 * @param names the name of the argument for each compared key.
 */
export function changedArguments<Desired extends object>(
    names: Readonly<Partial<Record<keyof Desired, string>>>,
    before: Desired,
    desired: Desired,
): string[] {
    const keys = Object.keys(names) as (keyof Desired)[];
    const changed = keys.filter((key) => !isDeepStrictEqual(before[key], desired[key]));
    return [...new Set(changed.map((key) => names[key] as string))];
}

/** Returns the cause of a step that changed arguments require. */
export const changed = (properties: readonly string[]): Cause => ({
    why: `${properties.join(", ")} changed`,
    properties,
});
