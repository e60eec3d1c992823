/** Starts the processes that answer Pulumi's requests, and makes the first calls of Pulumi's engine. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { installedPlugin } from "../../tests/support/installedPlugin";
import { startEngineServer } from "./engineServer";

/** A process that answers Pulumi's requests, and that is configured. */
export interface ProviderServer {
    readonly pid: number;
    readonly client: ResourceProviderClient;
    /** Sends a message to a module that `nodeOptions` loads, and returns the response. */
    ask(message: string): Promise<unknown>;
    stop(): Promise<void>;
}

export interface StartOptions {
    /** Options of Node.js. */
    readonly nodeOptions?: readonly string[];
    /** Variables in addition to those of this process. */
    readonly env?: NodeJS.ProcessEnv;
}

/** Starts the process in which Pulumi runs dynamic providers. */
export const startDynamicProvider = (options?: StartOptions): Promise<ProviderServer> =>
    start(require.resolve("@pulumi/pulumi/cmd/dynamic-provider"), options);

/** Starts the plugin, as its executable does. */
export async function startPlugin(options?: StartOptions): Promise<ProviderServer> {
    return start(await installedPlugin(), options, (client, engineAddress) => {
        const request = new messages.ProviderHandshakeRequest();
        request.setEngineAddress(engineAddress);
        request.setConfigureWithUrn(true);
        return send((done) => client.handshake(request, done));
    });
}

async function start(
    program: string,
    { nodeOptions = [], env = {} }: StartOptions = {},
    handshake?: (client: ResourceProviderClient, engineAddress: string) => Promise<unknown>,
): Promise<ProviderServer> {
    const engine = await startEngineServer();
    const child = spawn("node", [...nodeOptions, program, engine.address], {
        stdio: ["ignore", "pipe", "inherit", "ipc"],
        env: { ...process.env, ...env },
        detached: true, // so that Ctrl-C does not reach it before `stop` does
    });
    const [port] = (await once(child.stdout as Readable, "data")) as [Buffer];
    const client = new ResourceProviderClient(`127.0.0.1:${String(port).trim()}`, grpc.credentials.createInsecure());
    await handshake?.(client, engine.address);
    const request = new messages.ConfigureRequest();
    request.setArgs(Struct.fromJavaScript({}));
    await send((done) => client.configure(request, done));
    return {
        pid: child.pid as number,
        client,
        async ask(message) {
            const response = once(child, "message") as Promise<[unknown]>;
            child.send(message);
            return (await response)[0];
        },
        async stop() {
            client.close();
            child.kill();
            if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
            engine.stop();
        },
    };
}

/** Returns the response to a call. */
export const send = <Response>(call: (done: grpc.requestCallback<Response>) => unknown): Promise<Response> =>
    new Promise((resolve, reject) =>
        call((error, response) => (error ? reject(error) : resolve(response as Response))),
    );
