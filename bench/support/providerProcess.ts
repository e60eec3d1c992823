import type { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { residentMemory } from "./processes";
import { type ProviderServer, send, startDynamicProvider, startPlugin } from "./providerServer";

export type Properties = Record<string, unknown>;

/** A builder as Pulumi's engine knows it. */
export interface Managed {
    readonly id: string;
    readonly urn: string;
    inputs: Properties;
    state: Properties;
}

/** How Pulumi reaches the resources: through its own dynamic provider, or through the plugin. */
export type Bridge = "dynamic" | "plugin";

type ResourceType = "BuildxBuilder" | "KubernetesBuilder" | "RemoteBuilder";

interface StartOptions {
    /** Variables in addition to those of this process. */
    readonly env?: NodeJS.ProcessEnv;
    /** The resources that the process creates. */
    readonly type?: ResourceType;
}

/** The process in which the resources run. The bench sends it the same requests as Pulumi. */
export class ProviderProcess {
    private constructor(
        private readonly server: ProviderServer,
        readonly bridge: Bridge,
        private readonly type: ResourceType,
    ) {}

    static async start(
        bridge: Bridge,
        { env = {}, type = "BuildxBuilder" }: StartOptions = {},
    ): Promise<ProviderProcess> {
        const nodeOptions = ["--expose-gc", "--require", require.resolve("./probe.cjs")];
        const start = bridge === "plugin" ? startPlugin : startDynamicProvider;
        return new ProviderProcess(await start({ nodeOptions, env }), bridge, type);
    }

    get pid(): number {
        return this.server.pid;
    }

    private get client(): ResourceProviderClient {
        return this.server.client;
    }

    /**
     * Creates a builder with `check` and `create`.
     *
     * @param name the name of the resource, from which the builder's name is derived.
     */
    async create(name: string, args: Properties = {}): Promise<Managed> {
        const token = this.bridge === "plugin" ? "buildx:index" : "pulumi-nodejs:dynamic/buildx";
        const urn = `urn:pulumi:bench::bench::${token}:${this.type}::${name}`;
        const inputs = await this.check(urn, {}, args);
        const request = new messages.CreateRequest();
        request.setUrn(urn);
        request.setProperties(Struct.fromJavaScript(inputs as never));
        const created = await send<messages.CreateResponse>((done) => this.client.create(request, done));
        return { id: created.getId(), urn, inputs, state: properties(created.getProperties()) };
    }

    /**
     * Changes arguments of an existing builder with `check`, `diff` and `update`.
     *
     * @throws {Error} if there is nothing to change.
     */
    async update(builder: Managed, args: Properties): Promise<void> {
        const { urn } = builder;
        const inputs = await this.check(urn, builder.inputs, args);
        const diffRequest = fillIn(new messages.DiffRequest(), builder, inputs);
        const diff = await send<messages.DiffResponse>((done) => this.client.diff(diffRequest, done));
        if (diff.getChanges() !== messages.DiffResponse.DiffChanges.DIFF_SOME || diff.getReplacesList().length > 0)
            throw new Error(`${urn} cannot be updated: the provider reports no change or a replacement`);
        const request = fillIn(new messages.UpdateRequest(), builder, inputs);
        const updated = await send<messages.UpdateResponse>((done) => this.client.update(request, done));
        builder.inputs = inputs;
        builder.state = properties(updated.getProperties());
    }

    /** Reads a builder, as a refresh does. */
    async read(builder: Managed): Promise<void> {
        const request = new messages.ReadRequest();
        request.setId(builder.id);
        request.setUrn(builder.urn);
        request.setProperties(Struct.fromJavaScript(builder.state as never));
        const found = await send<messages.ReadResponse>((done) => this.client.read(request, done));
        if (found.getId() === "") throw new Error(`builder ${builder.urn} not found`);
        builder.state = properties(found.getProperties());
    }

    async delete({ id, urn, state }: Managed): Promise<void> {
        const request = new messages.DeleteRequest();
        request.setId(id);
        request.setUrn(urn);
        request.setProperties(Struct.fromJavaScript(state as never));
        await send((done) => this.client.delete(request, done));
    }

    private async check(urn: string, olds: Properties, args: Properties): Promise<Properties> {
        const request = new messages.CheckRequest();
        request.setUrn(urn);
        request.setOlds(Struct.fromJavaScript(olds as never));
        request.setNews(Struct.fromJavaScript({ ...args, ...this.hidden(urn) } as never));
        const checked = await send<messages.CheckResponse>((done) => this.client.check(request, done));
        const [failure] = checked.getFailuresList();
        if (failure) throw new Error(failure.getReason());
        return properties(checked.getInputs());
    }

    /** Returns the arguments that the dynamic provider needs and users do not see. */
    private hidden(urn: string): Properties {
        if (this.bridge === "plugin") return {};
        return { __urn: urn, __provider: `exports.handler = () => require("pulumi-buildx/dynamic").${this.type};` };
    }

    /** Returns the resident memory of the process, in 10^6 bytes. */
    memory = (): Promise<number> => residentMemory(this.pid);

    /** Returns the memory in use after a forced garbage collection, in 10^6 bytes. */
    async inUse(): Promise<number> {
        return ((await this.server.ask("measure")) as number) / 1e6;
    }

    stop = (): Promise<void> => this.server.stop();
}

const properties = (struct: Struct | undefined): Properties => struct?.toJavaScript() ?? {};

/** Fills in a request to compare or update a builder with new inputs. */
function fillIn<Request extends messages.DiffRequest | messages.UpdateRequest>(
    request: Request,
    { id, urn, inputs: oldInputs, state }: Managed,
    inputs: Properties,
): Request {
    request.setId(id);
    request.setUrn(urn);
    request.setOlds(Struct.fromJavaScript(state as never));
    request.setOldInputs(Struct.fromJavaScript(oldInputs as never));
    request.setNews(Struct.fromJavaScript(inputs as never));
    return request;
}
