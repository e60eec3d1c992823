/** Queries a buildkitd over its own API, as `buildctl` and buildx do. */
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { attemptTimeout, DaemonError, startDaemon, tooSlow } from "../daemon";
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
    const ending = AbortSignal.any([signal, AbortSignal.timeout(attemptTimeout)]);
    // grpc-js does not report why it cannot connect, and does not end if the daemon rejects the client's certificate.
    const found = await connectionError(address, tls, ending);
    signal.throwIfAborted();
    if (found !== undefined) throw connectionFailure(found, tls);
    const client = clientOf(address, tls);
    try {
        return await call(client, ending);
    } catch (error) {
        signal.throwIfAborted();
        throw callFailure(error as ServiceError);
    } finally {
        client.close();
    }
}

function clientOf(address: string, tls: DaemonTls | undefined): Client {
    const options = {
        "grpc.default_authority": authorityOf(address, tls),
        "grpc.enable_http_proxy": 0, // buildx connects directly as well
        "grpc.service_config_disable_resolution": 1,
        // Without a name, grpc-js sends the host, which must not be an IP address.
        ...(tls && { "grpc.ssl_target_name_override": sentName(address, tls) ?? "localhost" }),
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

function callFailure(error: ServiceError): DaemonError {
    const { code, details = error.message } = error;
    if (code === status.CANCELLED || code === status.DEADLINE_EXCEEDED) return tooSlow(attemptTimeout);
    if (code === status.UNIMPLEMENTED) {
        const why = `the server at this address has no BuildKit API (${details}). Correct the argument endpoint`;
        return new DaemonError(why, { mayBeStarting: false, cause: error });
    }
    // A proxy responds if its daemon does not.
    return new DaemonError(`${details}. ${startDaemon}`, { mayBeStarting: code === status.UNAVAILABLE, cause: error });
}
