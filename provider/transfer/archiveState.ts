import { defaultDrainTimeout } from "../buildkit/runningBuilds";
import { canonicalName, nodeName } from "../buildx/names";
import { findEndpoint } from "../docker/endpoint/endpoint";
import { connect } from "../docker/engine/engine";
import type { TlsArguments } from "../docker/endpoint/tls";
import { defaultImage } from "./helperContainer";
import { type Location, locationOf } from "./location";
import { archiveInOwnProcess } from "./ownProcess";
import { formatProgress } from "./progress";
import { abortedBySignals } from "./signals";
import { terminalLine } from "./terminal";
import type { ArchiveResult } from "./result";

export type { ArchiveResult } from "./result";

/** Arguments of {@link archiveState}. */
export interface ArchiveStateArgs {
    /** The name of the builder that uses the state. */
    readonly builderName: string;
    /** The node of that builder. @default `<builderName>0` */
    readonly node?: string;
    /** The name of a docker context, or a host URL. @default what the docker CLI would use */
    readonly endpoint?: string;
    /** The TLS files for a `tcp://` endpoint. @default what the docker CLI would use */
    readonly tls?: TlsArguments;
    /** The target: the path of a file, or an OCI image in a registry. */
    readonly to: string | Location;
    /** The image of the helper container, with GNU tar and util-linux. @default `debian:stable-slim` */
    readonly image?: string;
    /** The longest wait for running builds, in seconds. Builds that still run then are aborted. @default 600 */
    readonly drainTimeout?: number;
}

/**
 * Writes the state of a builder, which is its cache, into an archive. Works in any Node.js program.
 *
 * It waits for running builds, for at most `drainTimeout` seconds. Then it stops the builder during the copy and starts
 * it again; `stoppedFor` is the total number of seconds. A builder that is already stopped stays stopped. If standard
 * error is a terminal, the progress is shown there.
 *
 * SIGINT and SIGTERM abort the copy cleanly: the builder is started again and nothing is left behind. The signal then
 * ends the program, unless the program has its own listener for it.
 *
 * ```ts
 * const { sha256, stoppedFor } = await archiveState({ builderName: "ci", to: "ci.tar.zst" });
 * await archiveState({ builderName: "ci", to: { image: "registry.example/ci-cache:latest" } });
 * ```
 *
 * @throws {Error} if the state does not exist, or if the archive cannot be written. The target is then unchanged.
 */
export async function archiveState(args: ArchiveStateArgs): Promise<ArchiveResult> {
    const { builderName, to, image = defaultImage, drainTimeout = defaultDrainTimeout } = args;
    const node = canonicalName(args.node ?? nodeName(builderName, 0));
    const engine = await connect(await findEndpoint(args.endpoint, args.tls));
    const line = terminalLine();
    return abortedBySignals(async (signal) => {
        try {
            return await archiveInOwnProcess(
                engine,
                { node, to: locationOf(to), image, drainTimeout },
                {
                    report: line.show,
                    warn: (text) => process.emitWarning(text),
                    onProgress: (progress) => line.show(formatProgress(progress)),
                    signal,
                },
            );
        } finally {
            line.end();
        }
    });
}
