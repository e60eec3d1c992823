/** Explains calls that fail because the engine went away after it responded to a ping. */
import type Docker from "dockerode";

type Done = (error: unknown, result?: unknown) => void;

interface Modem {
    dial(request: { readonly path: string }, done: Done): void;
}

/**
 * Replaces the error of each call that got no response. A ping keeps its error, because the caller of the ping explains
 * it, and so does a call that was aborted.
 *
 * @param explain returns the error to throw in place of the error of Node.js or `ssh`.
 */
export function explainFailures(api: Docker, explain: (error: Error) => Error): void {
    const modem = api.modem as Modem;
    const dial = modem.dial.bind(modem);
    modem.dial = (request, done) =>
        dial(request, (error, result) =>
            done(error instanceof Error && isLost(error, request.path) ? explain(error) : error, result),
        );
}

/** Whether a call got no response. Errors of responses have a status code, and aborted calls have another name. */
const isLost = (error: Error & { statusCode?: number }, path: string): boolean =>
    error.statusCode === undefined && error.name === "Error" && !path.startsWith("/_ping");
