/** Texts that Pulumi shows: status texts beside a resource, and the log of an update. */
import { engine as messages, EngineClient, grpc } from "./protocol";

/** A connection to the Pulumi engine's log. */
export interface EngineLog {
    /** Shows a text as the status of a resource. The next text replaces it; an empty text removes it. */
    readonly status: (urn: string, text: string) => void;
    /** Adds a warning to the log of the update. The warning stays on the screen. */
    readonly warn: (urn: string, text: string) => Promise<void>;
}

/** @param address the address of the engine; `undefined` if no engine started the plugin: texts are then dropped. */
export function connectLog(address: string | undefined): EngineLog {
    if (address === undefined || address === "") return { status: () => {}, warn: () => Promise.resolve() };
    let client: EngineClient | undefined;
    let lastSent: Promise<void> = Promise.resolve();
    const send = (urn: string, text: string, isEphemeral: boolean): Promise<void> => {
        const connected = (client ??= new EngineClient(address, grpc.credentials.createInsecure()));
        const request = new messages.LogRequest();
        request.setSeverity(isEphemeral ? messages.LogSeverity.INFO : messages.LogSeverity.WARNING);
        request.setUrn(urn);
        request.setMessage(text);
        request.setEphemeral(isEphemeral);
        // Messages are sent one after another to keep their order. A message that cannot be sent is ignored.
        lastSent = lastSent.then(() => new Promise((resolve) => void connected.log(request, () => resolve())));
        return lastSent;
    };
    return { status: (urn, text) => void send(urn, text, true), warn: (urn, text) => send(urn, text, false) };
}
