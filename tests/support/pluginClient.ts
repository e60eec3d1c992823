/** Calls the plugin as Pulumi's engine does: over gRPC, in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type * as engine from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { installedPlugin } from "./installedPlugin";
import { cleaning, type PlaceOptions, Project } from "./project";

type Properties = Record<string, unknown>;

/** A value that is not known yet at preview, as the engine sends it. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Returns a secret as the engine sends it. */
export const secret = (value: unknown) => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    value,
});

/** Returns a resource as the engine sends it in the arguments of another resource. */
export const reference = ({ urn, id }: { urn: string; id: string }) => ({
    "4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e",
    urn,
    id: id === unknown ? "" : id,
});

/** A message that the plugin sent to the engine's log. */
export interface LogMessage {
    readonly severity: "debug" | "info" | "warning" | "error";
    readonly text: string;
    readonly urn: string;
    /** Whether the message is a status text that the next one replaces. */
    readonly isStatus: boolean;
}

/** An error of the plugin. */
export class PluginError extends Error {
    constructor(
        message: string,
        readonly code: grpc.status,
        /** The resource that the engine saves if a creation or an update failed partway. */
        readonly resource: { id: string; properties: Properties; inputs: Properties; reasons: string[] } | undefined,
    ) {
        super(message);
    }
}

/** The answer to a diff. */
export interface Diff {
    readonly changes: "none" | "some" | "unknown";
    /** What happens at each path, for example `{ "driverOpts.memory": "update" }`. Drift has `isInput: false`. */
    readonly detailed: Readonly<Record<string, { kind: string; isInput: boolean }>>;
    readonly replaces: readonly string[];
    readonly deleteBeforeReplace: boolean;
}

/** A plugin that runs, with a project's buildx store and names. No Pulumi CLI takes part. */
export class Plugin extends Project {
    /** The messages of the plugin up to now. */
    readonly log: LogMessage[] = [];
    /** The program that starts the process, with its arguments. If it is empty, the process is started directly. */
    launcher: readonly string[] = [];
    private process: ChildProcess | undefined;
    private client: ResourceProviderClient | undefined;
    private logServer = new grpc.Server();

    static override async make(options: PlaceOptions = {}): Promise<Plugin> {
        const plugin = new Plugin(...(await Project.places(options)));
        try {
            await plugin.start();
            return plugin;
        } catch (error) {
            await plugin.remove();
            throw error;
        }
    }

    /** The number of open connections of the process, to Pulumi's engine and to Docker's. Linux only. */
    async connections(): Promise<number> {
        const folder = `/proc/${this.process?.pid}/fd`;
        const targets = await Promise.all(
            (await readdir(folder)).map((file) => readlink(join(folder, file)).catch(() => "")),
        );
        return targets.filter((target) => target.startsWith("socket:")).length;
    }

    override urn = (type: string, name: string): string =>
        `urn:pulumi:test::${this.unique}::buildx:index:${type}::${name}`;

    /** Starts the process and makes the first two calls of an engine. */
    protected async start(): Promise<void> {
        this.logServer = new grpc.Server();
        const address = `127.0.0.1:${await this.serveLog()}`;
        const { NODE_OPTIONS: _, ...env } = { ...process.env, ...this.env };
        const [program = "", ...args] = [...this.launcher, process.execPath, await installedPlugin(), address];
        const started = spawn(program, args, {
            cwd: this.folder,
            env,
            stdio: ["ignore", "pipe", "pipe"],
        });
        this.process = started;
        let errors = "";
        started.stderr.on("data", (text: Buffer) => (errors += text.toString()));
        const lines = createInterface(started.stdout);
        const [port] = (await Promise.race([once(lines, "line"), once(started, "exit")])) as [unknown];
        if (typeof port !== "string") throw new Error(`the plugin ended with ${String(port)}:\n${errors}`);
        this.client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
        const handshake = new provider.ProviderHandshakeRequest();
        handshake.setEngineAddress(address);
        handshake.setRootDirectory(this.folder);
        handshake.setConfigureWithUrn(true);
        await this.call("handshake", handshake);
        await this.configure({});
    }

    /** Starts the part of the engine that the plugin calls. Returns its port. */
    private serveLog(): Promise<number> {
        const severities = ["debug", "info", "warning", "error"] as const;
        const log: grpc.handleUnaryCall<engine.LogRequest, Empty> = ({ request }, done) => {
            this.log.push({
                severity: severities[request.getSeverity()],
                text: request.getMessage(),
                urn: request.getUrn(),
                isStatus: request.getEphemeral(),
            });
            done(null, new Empty());
        };
        this.logServer.addService(EngineService, { log });
        return new Promise((resolve, reject) =>
            this.logServer.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
                error ? reject(error) : resolve(port),
            ),
        );
    }

    /** Sends a request. */
    private call<Answer>(method: string, request: object): Promise<Answer> {
        const client = this.client as unknown as Record<string, (request: object, done: Done<Answer>) => void>;
        return new Promise((resolve, reject) => {
            client[method]?.(request, (error, answer) => (error ? reject(pluginError(error)) : resolve(answer)));
        });
    }

    async configure(args: Properties): Promise<provider.ConfigureResponse.AsObject> {
        const request = new provider.ConfigureRequest();
        request.setArgs(toStruct(args));
        request.setAcceptsecrets(true);
        request.setAcceptresources(true);
        const answer = await this.call<provider.ConfigureResponse>("configure", request);
        return answer.toObject();
    }

    async checkConfig(news: Properties): Promise<Checked> {
        const request = new provider.CheckRequest();
        request.setUrn(`urn:pulumi:test::${this.unique}::pulumi:providers:buildx::default`);
        request.setNews(toStruct(news));
        return checked(await this.call("checkConfig", request));
    }

    async schema(): Promise<{ name: string; version: string; resources: Properties; functions: Properties }> {
        const request = new provider.GetSchemaRequest();
        const answer = await this.call<provider.GetSchemaResponse>("getSchema", request);
        return JSON.parse(answer.getSchema());
    }

    async version(): Promise<string> {
        return (await this.call<{ getVersion(): string }>("getPluginInfo", new Empty())).getVersion();
    }

    async check(urn: string, news: Properties, olds: Properties = {}): Promise<Checked> {
        const request = new provider.CheckRequest();
        request.setUrn(urn);
        request.setOlds(toStruct(olds));
        request.setNews(toStruct(news));
        return checked(await this.call("check", request));
    }

    /** @param olds the saved outputs; `oldInputs` are the inputs of the previous update. */
    async diff(
        urn: string,
        id: string,
        { olds, oldInputs, news }: Record<"olds" | "oldInputs" | "news", Properties>,
    ): Promise<Diff> {
        const request = new provider.DiffRequest();
        request.setUrn(urn);
        request.setId(id);
        request.setOlds(toStruct(olds));
        request.setOldInputs(toStruct(oldInputs));
        request.setNews(toStruct(news));
        const answer = await this.call<provider.DiffResponse>("diff", request);
        const kinds = nameOf(provider.PropertyDiff.Kind);
        const detailed: Record<string, { kind: string; isInput: boolean }> = {};
        answer.getDetaileddiffMap().forEach((diff, path) => {
            detailed[path] = { kind: kinds(diff.getKind()), isInput: diff.getInputdiff() };
        });
        return {
            changes: (["unknown", "none", "some"] as const)[answer.getChanges()],
            detailed,
            replaces: answer.getReplacesList(),
            deleteBeforeReplace: answer.getDeletebeforereplace(),
        };
    }

    async create(urn: string, inputs: Properties, { isPreview = false } = {}): Promise<Resource> {
        const request = new provider.CreateRequest();
        request.setUrn(urn);
        request.setProperties(toStruct(inputs));
        request.setPreview(isPreview);
        const answer = await this.call<provider.CreateResponse>("create", request);
        return { id: answer.getId(), properties: toObject(answer.getProperties()) };
    }

    /** Without properties and inputs it is the read of an import. */
    async read(
        urn: string,
        id: string,
        { properties = {}, inputs = {} }: { properties?: Properties; inputs?: Properties } = {},
    ): Promise<Resource & { inputs: Properties }> {
        const request = new provider.ReadRequest();
        request.setUrn(urn);
        request.setId(id);
        request.setProperties(toStruct(properties));
        request.setInputs(toStruct(inputs));
        const answer = await this.call<provider.ReadResponse>("read", request);
        return {
            id: answer.getId(),
            properties: toObject(answer.getProperties()),
            inputs: toObject(answer.getInputs()),
        };
    }

    async update(
        urn: string,
        id: string,
        { olds, oldInputs, news }: Record<"olds" | "oldInputs" | "news", Properties>,
        { isPreview = false } = {},
    ): Promise<Properties> {
        const request = new provider.UpdateRequest();
        request.setUrn(urn);
        request.setId(id);
        request.setOlds(toStruct(olds));
        request.setOldInputs(toStruct(oldInputs));
        request.setNews(toStruct(news));
        request.setPreview(isPreview);
        return toObject((await this.call<provider.UpdateResponse>("update", request)).getProperties());
    }

    async delete(urn: string, id: string, properties: Properties): Promise<void> {
        const request = new provider.DeleteRequest();
        request.setUrn(urn);
        request.setId(id);
        request.setProperties(toStruct(properties));
        await this.call("delete", request);
    }

    /** @param token for example `buildx:index:getBuilder`. */
    async invoke(token: string, args: Properties): Promise<{ result: Properties; failures: Failure[] }> {
        const request = new provider.InvokeRequest();
        request.setTok(token);
        request.setArgs(toStruct(args));
        const answer = await this.call<provider.InvokeResponse>("invoke", request);
        return { result: toObject(answer.getReturn()), failures: answer.toObject().failuresList };
    }

    async cancel(): Promise<void> {
        await this.call("cancel", new Empty());
    }

    /** Returns the inputs and the saved resource of one that is checked and created. */
    async made(urn: string, args: Properties): Promise<Resource & { inputs: Properties }> {
        const { inputs, failures } = await this.check(urn, args);
        if (failures.length > 0) throw new Error(JSON.stringify(failures));
        return { ...(await this.create(urn, inputs)), inputs };
    }

    /** Stops the process. */
    async stop(): Promise<void> {
        this.client?.close();
        this.logServer.forceShutdown();
        const { process: running } = this;
        if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
        const exited = once(running, "exit");
        running.kill("SIGKILL"); // as the engine ends it
        await exited;
    }

    override async remove(): Promise<void> {
        await this.stop();
        await super.remove();
    }
}

export interface Resource {
    readonly id: string;
    readonly properties: Properties;
}

export interface Failure {
    readonly property: string;
    readonly reason: string;
}

export interface Checked {
    readonly inputs: Properties;
    readonly failures: readonly Failure[];
}

type Done<Answer> = (error: grpc.ServiceError | null, answer: Answer) => void;

const checked = (answer: provider.CheckResponse): Checked => ({
    inputs: toObject(answer.getInputs()),
    failures: answer.getFailuresList().map((failure) => failure.toObject()),
});

const toStruct = (properties: Properties): Struct =>
    Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as Record<string, JavaScriptValue>);

const toObject = (message: Struct | undefined): Properties => message?.toJavaScript() ?? {};

/** Returns a function that names the values of an enumeration of the protocol in lower case. */
const nameOf = (values: object) => (value: number) =>
    Object.entries(values)
        .find(([, each]) => each === value)?.[0]
        .toLowerCase() ?? String(value);

/** Reads the error, and the resource in its details. */
function pluginError({ details, code, metadata }: grpc.ServiceError): PluginError {
    const [bytes] = metadata.get("grpc-status-details-bin");
    const [detail] = bytes === undefined ? [] : Status.deserializeBinary(Buffer.from(bytes)).getDetailsList();
    if (detail === undefined) return new PluginError(details, code, undefined);
    const failed = provider.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
    return new PluginError(details, code, {
        id: failed.getId(),
        properties: toObject(failed.getProperties()),
        inputs: toObject(failed.getInputs()),
        reasons: failed.getReasonsList(),
    });
}

/** Runs a test with its own plugin process and cleans up afterwards, even if the test fails. */
export const withPlugin = (test: (plugin: Plugin) => Promise<void>, options?: PlaceOptions) =>
    cleaning(() => Plugin.make(options), test);
