import { engineLog, type EngineLog } from "../engineLog";
import { engine as messages, EngineClient, grpc } from "./protocol";

/** @param address the address of the engine; `undefined` if no engine started the plugin: texts are then dropped. */
export const connectLog = (address: string | undefined): EngineLog =>
    engineLog(() =>
        address ? { client: new EngineClient(address, grpc.credentials.createInsecure()), messages } : undefined,
    );
