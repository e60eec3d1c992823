import type { Patience } from "./docker/engine";
import { waitingAt } from "./bridges/dynamic/waiting";

/** Seconds that an engine is waited for, where no argument says how many. */
const defaultSeconds = 60;

/** What the class has seen of whether its engine's machine is created by the same program: see `startingMachine.ts`. */
export interface MayBeStarting {
    __mayBeStarting?: boolean;
}

/**
 * How long a creation waits for its engine to answer; `undefined` where nothing says that its machine is just being created,
 * and an engine that cannot be reached is reported at once.
 *
 * @param limit the argument that says how long, and its value. Default: 60 seconds.
 */
export function patienceOf(
    { __mayBeStarting: may, __urn: urn }: MayBeStarting & { __urn: string },
    limit: { readonly argument?: string; readonly seconds: number } = { seconds: defaultSeconds },
): Patience | undefined {
    return may ? { ...limit, waiting: waitingAt(urn) } : undefined;
}
