import type { Call } from "../bridges/lifecycle";
import type { Patience } from "../docker/engine/engine";

/** Seconds to wait for an engine if no argument sets a limit. */
const defaultSeconds = 60;

/**
 * Returns how long a call waits for its engine to respond. `undefined` unless the engine's machine may be starting. An
 * unreachable engine is then reported at once.
 *
 * @param limit the argument that sets the limit, and its value; 60 seconds by default.
 */
export const patienceOf = (
    call: Call,
    limit: { readonly argument?: string; readonly seconds: number } = { seconds: defaultSeconds },
): Patience | undefined => (call.mayBeStarting ? { ...limit, waiting: call } : undefined);
