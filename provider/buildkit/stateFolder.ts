/** Where buildkitd keeps its state in a container, and so where the state volume is mounted. */
export const stateFolder = "/var/lib/buildkit";
