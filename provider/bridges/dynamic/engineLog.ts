import { createRequire } from "node:module";

/** Shows a text as the status of a resource in `pulumi up` and `pulumi preview`. The next text replaces this text. */
export type StatusLine = (text: string) => void;

interface EngineModules {
    client: { log(request: unknown, done: (error: unknown) => void): void };
    messages: typeof import("@pulumi/pulumi/proto/engine_pb");
}

let engine: EngineModules | undefined;

let lastSent: Promise<void> = Promise.resolve();

/**
 * Connects to the Pulumi engine. Its address is the first argument of the provider process. The process has already
 * loaded the SDK of the user's program. This function uses the same SDK, which costs nothing and uses the engine's
 * protocol.
 */
function connect(): EngineModules | undefined {
    const address = process.argv[2];
    const main = require.main?.filename;
    if (address === undefined || main === undefined || !main.includes("dynamic-provider")) return undefined;
    const sdk = createRequire(main);
    const grpc = sdk("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
    const { EngineClient } = sdk(
        "@pulumi/pulumi/proto/engine_grpc_pb",
    ) as typeof import("@pulumi/pulumi/proto/engine_grpc_pb");
    const messages = sdk("@pulumi/pulumi/proto/engine_pb") as EngineModules["messages"];
    return { client: new EngineClient(address, grpc.credentials.createInsecure()), messages };
}

/** @param urn the URN of the resource that has the status. */
export function statusLine(urn: string): StatusLine {
    return (text) => void send(urn, text, { ephemeral: true });
}

/** Adds a warning to the log of the update. The warning stays on the screen. */
export const warn = (urn: string, text: string): Promise<void> => send(urn, text, { ephemeral: false });

function send(urn: string, text: string, { ephemeral }: { ephemeral: boolean }): Promise<void> {
    engine ??= connect();
    if (engine === undefined) return Promise.resolve();
    const { client, messages } = engine;
    const request = new messages.LogRequest();
    request.setSeverity(ephemeral ? messages.LogSeverity.INFO : messages.LogSeverity.WARNING);
    request.setUrn(urn);
    request.setMessage(text);
    request.setEphemeral(ephemeral);
    // Messages are sent one after another to keep their order. A message that cannot be sent is ignored.
    lastSent = lastSent.then(() => new Promise((resolve) => client.log(request, () => resolve())));
    return lastSent;
}
