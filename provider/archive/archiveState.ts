import { defaultDrainTimeout } from "../buildkit/runningBuilds";
import { canonicalName, nodeName } from "../buildx/names";
import { findEndpoint } from "../docker/endpoint";
import { connect } from "../docker/engine";
import type { TlsArguments } from "../docker/tls";
import { defaultImage } from "./helper";
import { type Location, locationOf } from "./location";
import { archiveInOwnProcess } from "./ownProcess";
import { formatProgress } from "./progress";
import { abortedBySignals } from "./signals";
import { terminalLine } from "./terminal";
import type { ArchiveResult } from "./result";

export type { ArchiveResult } from "./result";

/** Arguments of {@link archiveState}. */
export interface ArchiveStateArgs {
    /** The builder that works on the state. */
    readonly builderName: string;
    /** The node of that builder. Default: `<builderName>0`. */
    readonly node?: string;
    /** A docker context's name or a host URL. Default: what the docker CLI would use. */
    readonly endpoint?: string;
    /** What to connect with to a `tcp://` endpoint. Default: what the docker CLI would use. */
    readonly tls?: TlsArguments;
    /** The path of a file, or an OCI image in a registry. */
    readonly to: string | Location;
    /** An image with GNU tar and util-linux, of which the copying container is made. Default: `debian:stable-slim`. */
    readonly image?: string;
    /** Seconds until running builds are cut off. Default: 600. */
    readonly drainTimeout?: number;
}

/**
 * Writes the state of a builder, which is its cache, into an archive, from any Node.js program.
 *
 * Running builds are awaited, `drainTimeout` at most; then the builder is stopped for the time of the copy and started
 * again, `stoppedFor` seconds in all. A stopped builder stays stopped. On a terminal it shows how far it is. SIGINT and
 * SIGTERM end it cleanly: the builder is started, nothing is left, and where the program does not listen to that signal
 * itself it ends with it.
 *
 * ```ts
 * const { sha256, stoppedFor } = await archiveState({ builderName: "ci", to: "ci.tar.zst" });
 * await archiveState({ builderName: "ci", to: { image: "registry.example/ci-cache:latest" } });
 * ```
 *
 * @throws where there is no such state, and where it cannot be written; what was there before is then still there.
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
