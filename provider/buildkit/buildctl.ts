import type { ExecResult } from "../execResult";

/**
 * Runs BuildKit's own client, `buildctl`, against one buildkitd. Every query of a buildkitd uses this interface and is
 * therefore the same for a buildkitd anywhere. `inContainer` returns the `Buildctl` of a Docker container.
 */
export interface Buildctl {
    /** Name of the buildkitd for messages, for example `buildx_buildkit_ci0`. */
    readonly name: string;
    /** Name and place for messages, for example `buildx_buildkit_ci0 on unix:///var/run/docker.sock`. */
    readonly where: string;
    /**
     * Runs `buildctl` until it exits. A nonzero exit code is not an error.
     *
     * @param args the arguments, without the name of the program.
     * @param signal ends the wait. `buildctl` itself may continue.
     * @throws {Error} if `buildctl` cannot be run. The message is only the reason.
     * @throws the signal's reason if the signal aborts.
     */
    run(args: readonly string[], signal?: AbortSignal): Promise<ExecResult>;
}
