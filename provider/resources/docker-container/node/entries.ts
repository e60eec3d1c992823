/** Helpers for strings by name, such as environment variables and labels. */

/** Returns the values of environment variables by name. The Engine API writes a variable as `NAME=value`. */
export const variables = (env: string[] | null | undefined): Record<string, string> =>
    Object.fromEntries(
        (env ?? []).map((variable) => {
            const at = variable.indexOf("=");
            return at < 0 ? [variable, ""] : [variable.slice(0, at), variable.slice(at + 1)];
        }),
    );

export const without = (
    entries: Record<string, string>,
    drop: (key: string, value: string) => boolean,
): Record<string, string> => Object.fromEntries(Object.entries(entries).filter(([key, value]) => !drop(key, value)));

/** Whether two objects have the same keys with the same values, in any order. */
export function sameEntries(a: Record<string, string>, b: Record<string, string>): boolean {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
