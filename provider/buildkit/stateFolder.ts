import { posix } from "node:path";

/** Folder in which buildkitd keeps its state. The driver mounts the state volume there. */
export const stateFolder = "/var/lib/buildkit";

/** Whether a path in the container is in the state volume. The path is read as buildkitd reads its `root`. */
export function isInStateFolder(path: string): boolean {
    const absolute = posix.resolve("/", path);
    return absolute === stateFolder || absolute.startsWith(`${stateFolder}/`);
}

/** Reason why buildkitd may not keep its state elsewhere: the end of a message about its `root`. */
export const outsideOfState =
    `it is outside of the state volume, ${stateFolder}, so each change of the builder would delete the cache. ` +
    `Remove it, or use a folder in ${stateFolder}`;
