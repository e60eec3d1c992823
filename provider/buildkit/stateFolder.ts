import { posix } from "node:path";

/** Where buildkitd keeps its state, and where the driver mounts the state volume. */
export const stateFolder = "/var/lib/buildkit";

/** Whether a path of the container, as buildkitd takes its `root`, lies in the state volume. */
export function isInStateFolder(path: string): boolean {
    const absolute = posix.resolve("/", path);
    return absolute === stateFolder || absolute.startsWith(`${stateFolder}/`);
}

/** Why buildkitd may not be told to keep its state elsewhere, as the end of a message about its `root`. */
export const outsideOfState =
    `it lies outside of the state volume, ${stateFolder}, so that each change of the builder would lose the cache: ` +
    `leave it out, or keep it in ${stateFolder}`;
