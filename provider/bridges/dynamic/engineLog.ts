import { createRequire } from "node:module";

/** Shows a text as the status of a resource in `pulumi up` and `pulumi preview`. The next text replaces it. */
export type StatusLine = (text: string) => void;

interface EngineModules {
    client: { log(request: unknown, done: (error: unknown) => void): void };
    messages: typeof import("@pulumi/pulumi/proto/engine_pb");
}

let engine: EngineModules | undefined;

let lastSent: Promise<void> = Promise.resolve();

/**
 * The Pulumi engine, whose address is the provider process' first argument. The process has the SDK of the
 * user's program loaded, so that is the one taken: it costs nothing and speaks that engine's protocol.
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

/** @param urn the resource that the lines belong to. */
export function statusLine(urn: string): StatusLine {
    return (text) => void send(urn, text, { ephemeral: true });
}

/** A message that stays on the screen and in the log of the update. */
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
    // One after the other, since they would overtake each other; one that cannot be shown stops nothing.
    lastSent = lastSent.then(() => new Promise((resolve) => client.log(request, () => resolve())));
    return lastSent;
}
