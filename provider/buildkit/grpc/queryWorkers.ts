/** Queries a buildkitd over its own API, as `buildctl` and buildx do. */
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { attemptTimeout, DaemonError, tooSlow } from "../daemon";
import type { Workers } from "../workers";
import { connectionFailure } from "./failure";
import { decodeWorkers, encodeRequest, listWorkers } from "./messages";
import { connectionError } from "./probe";
import { authorityOf, type DaemonTls, grpcName, identityCheck, sentName } from "./target";

/**
 * Queries the workers of a buildkitd. TLS has at least version 1.2, and trusts only the authority in `tls`.
 *
 * @param address `tcp://`, `unix://` or `npipe://`.
 * @throws {DaemonError} if no buildkitd responds.
 * @throws the signal's reason if the signal aborts.
 */
export async function queryWorkersOverGrpc(
    address: string,
    tls: DaemonTls | undefined,
    signal: AbortSignal,
): Promise<Workers> {
    const client = clientOf(address, tls);
    const ending = AbortSignal.any([signal, AbortSignal.timeout(attemptTimeout)]);
    try {
        return await call(client, ending);
    } catch (error) {
        signal.throwIfAborted();
        throw await explained(error as ServiceError, address, tls, signal);
    } finally {
        client.close();
    }
}

function clientOf(address: string, tls: DaemonTls | undefined): Client {
    const name = tls && sentName(address, tls);
    const options = {
        "grpc.default_authority": authorityOf(address, tls),
        "grpc.enable_http_proxy": 0, // buildx connects directly as well
        "grpc.service_config_disable_resolution": 1,
        ...(name !== undefined && { "grpc.ssl_target_name_override": name }),
    };
    const secured = tls
        ? credentials.createSsl(bytes(tls.ca), bytes(tls.key), bytes(tls.cert), {
              checkServerIdentity: identityCheck(address, tls),
          })
        : credentials.createInsecure();
    return new Client(grpcName(address), secured, options);
}

const bytes = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));

function call(client: Client, signal: AbortSignal): Promise<Workers> {
    return new Promise((resolve, reject) => {
        const running = client.makeUnaryRequest(listWorkers, encodeRequest, decodeWorkers, {}, (error, workers) => {
            signal.removeEventListener("abort", cancel);
            if (error === null && workers !== undefined) resolve(workers);
            else reject(error ?? new Error("the daemon sent an empty response"));
        });
        const cancel = () => running.cancel();
        signal.addEventListener("abort", cancel, { once: true });
        if (signal.aborted) cancel();
    });
}

/** Returns the error for a failed call. */
async function explained(
    error: ServiceError,
    address: string,
    tls: DaemonTls | undefined,
    signal: AbortSignal,
): Promise<DaemonError> {
    const { code, details = error.message } = error;
    if (code === status.CANCELLED || code === status.DEADLINE_EXCEEDED) return tooSlow(attemptTimeout);
    if (code === status.UNIMPLEMENTED) {
        const why = `the server at this address has no BuildKit API (${details}). Correct the argument endpoint`;
        return new DaemonError(why, { mayBeStarting: false, cause: error });
    }
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(attemptTimeout)]);
    const found = await connectionError(address, tls, timeout);
    signal.throwIfAborted();
    if (found !== undefined) return connectionFailure(found, tls);
    // A proxy responds, or the daemon has started meanwhile.
    return new DaemonError(details, { mayBeStarting: code === status.UNAVAILABLE, cause: error });
}
