import { subscribe } from "node:diagnostics_channel";
import { cancelledError } from "../calls";

let controller: AbortController | undefined;

/**
 * Returns a signal that aborts when the user cancels Pulumi with Ctrl-C or `pulumi cancel`.
 *
 * Pulumi then calls `Cancel` of each provider and waits for the running calls. Pulumi's dynamic provider responds to
 * `Cancel` without passing it on (`cmd/dynamic-provider`). However, current releases of Node.js 22 and 24 publish each
 * request to an HTTP/2 server. Older releases (for example 24.1) publish nothing, so that running calls finish.
 *
 * A call of `Cancel` is noticed only after the first call of this function.
 */
export function cancelled(): AbortSignal {
    if (controller === undefined) {
        const created = (controller = new AbortController());
        subscribe("http2.server.stream.created", (message) => {
            const { headers } = message as { headers?: Record<string, unknown> };
            if (headers?.[":path"] === "/pulumirpc.ResourceProvider/Cancel") {
                created.abort(cancelledError());
            }
        });
    }
    return controller.signal;
}
