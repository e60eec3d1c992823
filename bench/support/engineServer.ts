import { promisify } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

/** Starts the server that Pulumi's engine provides to a provider process for status lines. The bench discards them. */
export async function startEngineServer(): Promise<{ address: string; stop: () => void }> {
    const server = new grpc.Server();
    const log: grpc.handleUnaryCall<unknown, Empty> = (_, done) => done(null, new Empty());
    server.addService(EngineService, { log });
    const bind = promisify(server.bindAsync.bind(server));
    const port = await bind("127.0.0.1:0", grpc.ServerCredentials.createInsecure());
    return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}
