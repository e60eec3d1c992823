import type { ExecResult } from "../execResult";

/**
 * Runs BuildKit's own client, `buildctl`, against one buildkitd. All questions to a buildkitd go through it, so that they
 * are the same wherever it runs: see `inContainer` for one in a Docker container.
 */
export interface Buildctl {
    /** The name of the buildkitd, for messages, such as `buildx_buildkit_ci0`. */
    readonly name: string;
    /** The name and the place, for messages, such as `buildx_buildkit_ci0 on unix:///var/run/docker.sock`. */
    readonly where: string;
    /**
     * Runs `buildctl` to its end, whatever its exit code is.
     *
     * @param args without the program's own name.
     * @param signal ends the wait; `buildctl` itself may go on.
     * @throws {Error} if `buildctl` cannot be run; the message is the reason alone.
     * @throws the signal's reason if the signal aborts.
     */
    run(args: readonly string[], signal?: AbortSignal): Promise<ExecResult>;
}
