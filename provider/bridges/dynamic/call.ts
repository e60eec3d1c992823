import { clearableStatus } from "../calls";
import type { Call } from "../lifecycle";
import { cancelled } from "./cancellation";
import { status, warn } from "./engineLog";
import type { HiddenInputs } from "./hiddenInputs";
import { deletesUnreachable } from "./stackSettings";

/** A call and a function that clears its status text when the call ends. */
export interface StartedCall {
    readonly call: Call;
    readonly clearStatus: () => void;
}

/** @param previousUrn the URN at the previous update, if Pulumi sends it. */
export function startCall({ __urn: urn = "", __mayBeStarting }: HiddenInputs, previousUrn?: string): StartedCall {
    const { report, clear: clearStatus } = clearableStatus((text) => status(urn, text));
    return {
        call: {
            urn,
            previousUrn,
            mayBeStarting: __mayBeStarting === true,
            signal: cancelled(),
            report,
            warn: (text) => warn(urn, text),
            deletesUnreachable: () => deletesUnreachable(urn),
        },
        clearStatus,
    };
}
