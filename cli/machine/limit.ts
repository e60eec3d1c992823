/** How long one question to an engine or a buildkitd may take, in milliseconds: as long as a first ping may. */
export const patience = 8_000;

/** What a question is answered with in time, or `undefined`: what hangs must not keep the rest from being shown. */
export async function inTime<T>(question: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, patience, undefined)));
    try {
        return await Promise.race([question, late]);
    } finally {
        clearTimeout(timer);
    }
}
