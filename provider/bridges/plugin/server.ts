/** Serves the resources as a Pulumi plugin over gRPC. */
import { grpc, ResourceProviderService } from "./protocol";
import { serviceOf } from "./service";

/**
 * Starts the server on a free port of this machine.
 *
 * @param engineAddress the address of the Pulumi engine. If no engine starts the plugin, `Attach` sets it later.
 * @returns the port.
 */
export async function serve(engineAddress: string | undefined): Promise<number> {
    const server = new grpc.Server({
        "grpc.max_receive_message_length": -1,
        "grpc.max_send_message_length": -1,
        "grpc.enable_channelz": 0, // nobody asks for gRPC's statistics, which take time and memory for each call
    });
    server.addService(ResourceProviderService, serviceOf(engineAddress));
    return new Promise((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
            error ? reject(error) : resolve(port),
        );
    });
}
