/** Timeout of one query to an engine or a buildkitd, in milliseconds. A first ping has the same timeout. */
export const timeoutMs = 8_000;

/**
 * Returns the result of a query, or `undefined` after {@link timeoutMs}. A query that hangs must not block the other
 * results.
 */
export async function withTimeout<T>(query: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, timeoutMs, undefined)));
    try {
        return await Promise.race([query, timeout]);
    } finally {
        clearTimeout(timer);
    }
}
