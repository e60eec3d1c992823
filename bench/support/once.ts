/** Work that is done the first time that it is asked for, with the same answer ever after. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
    let answer: Promise<T> | undefined;
    return () => (answer ??= work());
}
