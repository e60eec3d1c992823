import type { Call, CheckedArguments } from "../bridges/lifecycle";

/** Result of a check of a resource's arguments. */
export interface Checked<Args> extends CheckedArguments<Args> {
    /** Warnings about arguments that are valid but probably a mistake, each with its property. */
    readonly warnings: readonly string[];
}

/** Shows the warnings of a check. If there are failures, the user corrects these first. */
export async function showWarnings<Args>(
    call: Call,
    { args, failures, warnings }: Checked<Args>,
): Promise<CheckedArguments<Args>> {
    if (failures.length === 0) for (const text of warnings) await call.warn(text);
    return { args, failures };
}
