/** The log of the Pulumi engine that started the process of the dynamic provider. */
import { createRequire } from "node:module";
import { engineLog, type EngineModules } from "../engineLog";

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

export const { status, warn } = engineLog(connect);
