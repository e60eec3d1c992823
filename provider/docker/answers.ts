/** Answers that several ask for at about the same time, as the reads of one refresh do: each is fetched once for all. */
export class Answers {
    readonly #answers = new Map<string, { readonly answer: Promise<unknown>; until: number }>();

    /**
     * An answer to a question: the one that is on its way, or that came not long ago, or a new one.
     *
     * @param question what is asked, by which askers meet.
     * @param seconds how long the answer holds once it is there; 0 for those alone that ask while it is on its way. One that
     *   is a failure does not hold.
     */
    share<T>(question: string, seconds: number, ask: () => Promise<T>): Promise<T> {
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
