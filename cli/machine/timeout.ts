/** Timeout of one query to an engine or a buildkitd, in milliseconds. A first ping has the same timeout. */
export const patience = 8_000;

/**
 * Returns the result of a query, or `undefined` after {@link patience}. A query that hangs must not block the other
 * results.
 */
export async function inTime<T>(question: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, patience, undefined)));
    try {
        return await Promise.race([question, late]);
    } finally {
        clearTimeout(timer);
    }
}
