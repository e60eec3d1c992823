import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

type Properties = Record<string, unknown>;

/** The process in which Pulumi runs dynamic providers, spoken to as Pulumi does. */
export class ProviderProcess {
    private constructor(
        private readonly child: ChildProcess,
        private readonly client: ResourceProviderClient,
    ) {}

    static async start(): Promise<ProviderProcess> {
        // Of the engine it takes the address alone; nobody listens there to its status lines.
        const child = spawn("node", [require.resolve("@pulumi/pulumi/cmd/dynamic-provider"), "127.0.0.1:9"], {
            stdio: ["ignore", "pipe", "inherit"],
        });
        const [port] = (await once(child.stdout, "data")) as [Buffer];
        const client = new ResourceProviderClient(
            `127.0.0.1:${String(port).trim()}`,
            grpc.credentials.createInsecure(),
        );
        const process = new ProviderProcess(child, client);
        await process.configure();
        return process;
    }

    private async configure(): Promise<void> {
        const request = new messages.ConfigureRequest();
        request.setArgs(Struct.fromJavaScript({}));
        await promisify((done: grpc.requestCallback<unknown>) => this.client.configure(request, done))();
    }

    /** Makes a builder; gives its properties. */
    async create(name: string): Promise<Properties> {
        const urn = `urn:pulumi:bench::bench::pulumi-nodejs:dynamic/buildx:BuildxBuilder::${name}`;
        const text = 'exports.handler = () => require("pulumi-buildx/dynamic").BuildxBuilder;';
        const request = new messages.CreateRequest();
        request.setUrn(urn);
        request.setProperties(Struct.fromJavaScript({ name, __urn: urn, __provider: text }));
        const answer = await promisify((done: grpc.requestCallback<messages.CreateResponse>) =>
            this.client.create(request, done),
        )();
        return answer?.getProperties()?.toJavaScript() ?? {};
    }

    async delete(id: string, properties: Properties): Promise<void> {
        const request = new messages.DeleteRequest();
        request.setId(id);
        request.setProperties(Struct.fromJavaScript(properties as never));
        await promisify((done: grpc.requestCallback<unknown>) => this.client.delete(request, done))();
    }

    /** The memory that it has, in 10^6 bytes. */
    async memory(): Promise<number> {
        const status = await readFile(`/proc/${this.child.pid}/status`, "utf8");
        return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
    }

    async stop(): Promise<void> {
        this.client.close();
        this.child.kill();
        if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
    }
}
