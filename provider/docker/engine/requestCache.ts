interface Entry {
    readonly response: Promise<unknown>;
    /** Times as returned by `performance.now()`. */
    readonly sentAt: number;
    until: number;
}

/** Cache of responses that concurrent callers share, so that the reads of one refresh query the engine once. */
export class RequestCache {
    readonly #responses = new Map<string, Entry>();

    /** Drops a response, so that the next call sends a new request. */
    forget(key: string): void {
        this.#responses.delete(key);
    }

    /** Whether {@link get} would return a pending or recent response. */
    has(key: string, sentAfter = -Infinity): boolean {
        const found = this.#responses.get(key);
        return found !== undefined && performance.now() < found.until && found.sentAt >= sentAfter;
    }

    /**
     * Returns the response to a request: a pending one, a recent one, or a new one.
     *
     * @param key identifies the request. Calls with the same value share a response.
     * @param seconds how long a response is reused after it arrives. If 0, only calls that come while the response is
     *   pending share it. A failure is not reused.
     * @param sentAfter the earliest time at which a shared request may have been sent, as returned by
     *   `performance.now()`. @default any time
     */
    get<T>(key: string, seconds: number, load: () => Promise<T>, sentAfter = -Infinity): Promise<T> {
        if (this.has(key, sentAfter)) return this.#responses.get(key)?.response as Promise<T>;
        const response = load();
        const entry = { response, sentAt: performance.now(), until: Infinity };
        this.#responses.set(key, entry);
        const forget = () => this.#responses.get(key) === entry && this.#responses.delete(key);
        response.then(() => (seconds > 0 ? (entry.until = performance.now() + seconds * 1000) : forget()), forget);
        return response;
    }
}
