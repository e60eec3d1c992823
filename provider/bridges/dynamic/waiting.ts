import type { Waiting } from "../../waiting";
import { cancelled } from "./cancellation";
import { statusLine, warn } from "./engineLog";

/** Shows at a resource what is waited for, until Pulumi is told to stop. */
export const waitingAt = (urn: string): Waiting & { readonly warn: (text: string) => Promise<void> } => ({
    report: statusLine(urn),
    signal: cancelled(),
    warn: (text) => warn(urn, text),
});
