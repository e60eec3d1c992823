import { subscribe } from "node:diagnostics_channel";

let controller: AbortController | undefined;

/**
 * Aborts once Pulumi was told to stop, with Ctrl-C or `pulumi cancel`. Pulumi then calls `Cancel` of each provider, and
 * waits for what they are at; its dynamic provider answers that call without passing it on (`cmd/dynamic-provider`). Node.js
 * tells of every request to an HTTP/2 server, in current releases of 22 and 24; in older ones (24.1 is one) nothing is
 * heard, and what is begun is finished.
 */
export function cancelled(): AbortSignal {
    if (controller === undefined) {
        const created = (controller = new AbortController());
        subscribe("http2.server.stream.created", (message) => {
            const { headers } = message as { headers?: Record<string, unknown> };
            if (headers?.[":path"] === "/pulumirpc.ResourceProvider/Cancel") {
                created.abort(new Error("stopped, as Pulumi was told to: pulumi up does it again"));
            }
        });
    }
    return controller.signal;
}
