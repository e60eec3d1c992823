/** Cache of responses that concurrent callers share, so that the reads of one refresh query the engine once. */
export class RequestCache {
    readonly #answers = new Map<string, { readonly answer: Promise<unknown>; until: number }>();

    /**
     * Returns the response to a request: a pending one, a recent one, or a new one.
     *
     * @param question identifies the request. Calls with the same value share a response.
     * @param seconds how long a response is reused after it arrives. If 0, only calls that come while the response is
     *   pending share it. A failure is not reused.
     */
    get<T>(question: string, seconds: number, ask: () => Promise<T>): Promise<T> {
        const found = this.#answers.get(question);
        if (found !== undefined && performance.now() < found.until) return found.answer as Promise<T>;
        const answer = ask();
        const asked = { answer, until: Infinity };
        this.#answers.set(question, asked);
        const forget = () => this.#answers.get(question) === asked && this.#answers.delete(question);
        answer.then(() => (seconds > 0 ? (asked.until = performance.now() + seconds * 1000) : forget()), forget);
        return answer;
    }
}
