/** Returns a function that does some work on its first call and returns the same result on every call. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
    let answer: Promise<T> | undefined;
    return () => (answer ??= work());
}
