/** Returns a function that does some work on its first call and returns the same result on every call. */
export function memoize<T>(work: () => Promise<T>): () => Promise<T> {
    let result: Promise<T> | undefined;
    return () => (result ??= work());
}
