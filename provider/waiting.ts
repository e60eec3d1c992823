/** How work that may take a while shows what it waits for, and learns that it has to end. */
export interface Waiting {
    /** Shows a few words as the status of the resource; the next ones replace them. */
    readonly report: (text: string) => void;
    /** Aborts when Pulumi, or the program, is told to stop. Each wait ends then, with the signal's reason. */
    readonly signal: AbortSignal;
    /** Shows a text that stays on the screen. Default: as a status. */
    readonly warn?: ((text: string) => unknown) | undefined;
}
