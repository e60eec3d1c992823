/** Cache of responses that concurrent callers share, so that the reads of one refresh query the engine once. */
export class RequestCache {
    readonly #responses = new Map<string, { readonly response: Promise<unknown>; until: number }>();

    /** Drops a response, so that the next call sends a new request. */
    forget(key: string): void {
        this.#responses.delete(key);
    }

    /**
     * Returns the response to a request: a pending one, a recent one, or a new one.
     *
     * @param key identifies the request. Calls with the same value share a response.
     * @param seconds how long a response is reused after it arrives. If 0, only calls that come while the response is
     *   pending share it. A failure is not reused.
     */
    get<T>(key: string, seconds: number, load: () => Promise<T>): Promise<T> {
        const found = this.#responses.get(key);
        if (found !== undefined && performance.now() < found.until) return found.response as Promise<T>;
        const response = load();
        const entry = { response, until: Infinity };
        this.#responses.set(key, entry);
        const forget = () => this.#responses.get(key) === entry && this.#responses.delete(key);
        response.then(() => (seconds > 0 ? (entry.until = performance.now() + seconds * 1000) : forget()), forget);
        return response;
    }
}
