/** Texts that Pulumi shows: status texts beside a resource, and the log of an update. */

/** A connection to the Pulumi engine's log. */
export interface EngineLog {
    /** Shows a text as the status of a resource. The next text replaces it; an empty text removes it. */
    readonly status: (urn: string, text: string) => void;
    /** Adds a warning to the log of the update. The warning stays on the screen. */
    readonly warn: (urn: string, text: string) => Promise<void>;
}

/** A client of the Pulumi engine, and the messages of its protocol. */
export interface EngineModules {
    readonly client: { log(request: unknown, done: (error: unknown) => void): unknown };
    readonly messages: typeof import("@pulumi/pulumi/proto/engine_pb");
}

/** @param connect connects at the first text. If it returns `undefined`, texts are dropped. */
export function engineLog(connect: () => EngineModules | undefined): EngineLog {
    let engine: EngineModules | undefined;
    let lastSent: Promise<void> = Promise.resolve();
    const send = (urn: string, text: string, isEphemeral: boolean): Promise<void> => {
        engine ??= connect();
        if (engine === undefined) return Promise.resolve();
        const { client, messages } = engine;
        const request = new messages.LogRequest();
        request.setSeverity(isEphemeral ? messages.LogSeverity.INFO : messages.LogSeverity.WARNING);
        request.setUrn(urn);
        request.setMessage(text);
        request.setEphemeral(isEphemeral);
        // Messages are sent one after another to keep their order. A message that cannot be sent is ignored.
        lastSent = lastSent.then(() => new Promise((resolve) => void client.log(request, () => resolve())));
        return lastSent;
    };
    return { status: (urn, text) => void send(urn, text, true), warn: (urn, text) => send(urn, text, false) };
}
