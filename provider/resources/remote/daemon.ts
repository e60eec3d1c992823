/** How the daemon of each kind of endpoint is reached. */
import { type Scheme, schemeOf } from "../../buildkit/address";
import type { Buildctl } from "../../buildkit/buildctl";
import { attemptTimeout, DaemonError, startDaemon, tooSlow } from "../../buildkit/daemon";
import type { DaemonTls } from "../../buildkit/grpc/target";
import { inPod, podFailure } from "../../buildkit/inPod";
import { overSsh, sshFailure } from "../../buildkit/overSsh";
import { NotReadyError, queryWorkers, type Workers } from "../../buildkit/workers";
import { inContainer } from "../../docker/buildkitd/inContainer";
import { findEndpoint } from "../../docker/endpoint/endpoint";
import { mayBeStarting } from "../../docker/endpoint/unreachable";
import { connect, UnreachableError } from "../../docker/engine/engine";
import { retry, seconds as inSeconds } from "../../retry";
import { untilAborted, type Waiting } from "../../waiting";
import { type DesiredNode, tlsOf } from "./desired";

/** Queries the daemon at an address once. */
type Query = (address: string, tls: DaemonTls | undefined, signal: AbortSignal) => Promise<Workers>;

const overGrpc: Query = async (address, tls, signal) => {
    const { queryWorkersOverGrpc } = await import("../../buildkit/grpc/queryWorkers");
    return queryWorkersOverGrpc(address, tls, signal);
};

const queries: Readonly<Record<Scheme, Query>> = {
    tcp: overGrpc,
    unix: overGrpc,
    npipe: overGrpc,
    ssh: async (address, _, signal) => {
        const { buildctl, timeout } = await overSsh(address);
        return ask(buildctl, timeout, signal, (output) => sshFailure(address, output));
    },
    "docker-container": async (address, _, signal) => {
        const { hostname: container, searchParams } = new URL(address);
        const endpoint = await findEndpoint(searchParams.get("context") ?? undefined).catch(permanently);
        const engine = await connect(endpoint).catch((error: Error) => {
            const isStarting = error instanceof UnreachableError && mayBeStarting(error.cause, endpoint);
            throw new DaemonError(error.message, { mayBeStarting: isStarting, cause: error });
        });
        return ask(inContainer(engine, container), attemptTimeout, signal, containerFailure);
    },
    "kube-pod": (address, _, signal) => ask(inPod(address), attemptTimeout, signal, podFailure),
};

/** @param explain returns the error for a `buildctl` that failed, from its output or the error of the program that runs it. */
async function ask(
    buildctl: Buildctl,
    timeout: number,
    signal: AbortSignal,
    explain: (output: string) => DaemonError,
): Promise<Workers> {
    const limit = AbortSignal.timeout(timeout);
    try {
        return await queryWorkers(buildctl, AbortSignal.any([signal, limit]));
    } catch (error) {
        signal.throwIfAborted();
        if (limit.aborted) throw tooSlow(timeout);
        if (error instanceof NotReadyError) throw explain(error.message);
        return permanently(error as Error);
    }
}

/** Throws an error that does not go away by itself. */
function permanently(error: Error): never {
    throw new DaemonError(error.message, { mayBeStarting: false, cause: error });
}

function containerFailure(output: string): DaemonError {
    if (/executable file not found/.test(output)) {
        const why = `the container has no buildctl (${output}). Correct the argument endpoint`;
        return new DaemonError(why, { mayBeStarting: false });
    }
    return new DaemonError(`${output.replace(/\.$/, "")}. ${startDaemon}`, { mayBeStarting: true });
}

/**
 * Queries the daemon of a node once.
 *
 * @throws {DaemonError} if no daemon responds.
 */
export async function queryNode(node: Pick<DesiredNode, "address" | "tls">, signal: AbortSignal): Promise<Workers> {
    return query(node.address, await readTls(node), signal);
}

/** @throws {DaemonError} if a certificate cannot be read. */
const readTls = (node: Pick<DesiredNode, "address" | "tls">): Promise<DaemonTls | undefined> =>
    tlsOf(node).catch(({ message }: Error) => {
        const text = `a certificate for ${node.address} cannot be read: ${message}. Correct the argument tls`;
        return permanently(new Error(text));
    });

const query: Query = (address, tls, signal) =>
    untilAborted(queries[schemeOf(address)](address, tls, signal), signal).catch((error: unknown) => {
        if (!(error instanceof DaemonError)) throw error;
        const { message, mayBeStarting: isStarting } = error;
        const text = `no BuildKit daemon responds at ${address}: ${message}`;
        throw new DaemonError(text, { mayBeStarting: isStarting, cause: error });
    });

/**
 * Waits until the daemon of a node responds. The same program may be starting the daemon.
 *
 * @param seconds the time limit. An error that does not go away by itself, such as a rejected certificate, ends the wait.
 * @throws {DaemonError} if no daemon responds in time.
 */
export async function waitForDaemon(
    node: Pick<DesiredNode, "address" | "tls">,
    seconds: number,
    { report, signal }: Waiting,
): Promise<Workers> {
    const tls = await readTls(node);
    try {
        return await retry(() => query(node.address, tls, signal), {
            patience: (error) => (error instanceof DaemonError && error.mayBeStarting ? seconds : 0),
            signal,
            since: performance.now(),
            onRetry: ({ message }, _, left) => {
                const [why] = message.split(". ");
                report(`${why}. Retrying for ${inSeconds(left)} (bootTimeout)`);
            },
        });
    } catch (error) {
        if (!(error instanceof DaemonError) || !error.mayBeStarting) throw error;
        const text = `${error.message}. Waited for ${seconds} s (bootTimeout)`;
        throw new DaemonError(text, { mayBeStarting: true, cause: error });
    }
}
