import { subscribe } from "node:diagnostics_channel";

let controller: AbortController | undefined;

/**
 * Aborts when Pulumi is cancelled, with Ctrl-C or `pulumi cancel`. Pulumi then calls `Cancel` of each provider, and waits for
 * the calls that are under way. Its dynamic provider answers that call without passing it on (`cmd/dynamic-provider`), but
 * Node.js publishes each request to an HTTP/2 server, in current releases of 22 and 24. Older releases (24.1 is one) publish
 * nothing; there, what has begun is finished.
 *
 * A call of `Cancel` is noticed only after the first call of this function.
 */
export function cancelled(): AbortSignal {
    if (controller === undefined) {
        const created = (controller = new AbortController());
        subscribe("http2.server.stream.created", (message) => {
            const { headers } = message as { headers?: Record<string, unknown> };
            if (headers?.[":path"] === "/pulumirpc.ResourceProvider/Cancel") {
                created.abort(
                    new Error("stopped because Pulumi was cancelled. Run the same command again to complete it"),
                );
            }
        });
    }
    return controller.signal;
}
