import type { Buildctl } from "../../buildkit/buildctl";
import { type Engine, engineMessage } from "../engine/engine";
import { execInContainer } from "../engine/exec";

/**
 * Returns the `buildctl` of a buildkitd in a running container. Each run is a process in the container (`docker exec`).
 */
export const inContainer = (engine: Engine, container: string): Buildctl => ({
    name: container,
    where: `${container} on ${engine.endpoint.host}`,
    run: (args, signal) =>
        execInContainer(engine, container, ["buildctl", ...args], signal).catch((error: unknown) => {
            signal?.throwIfAborted();
            throw new Error(engineMessage(error), { cause: error });
        }),
});
