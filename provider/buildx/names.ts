/** Names that buildx gives to what belongs to a builder (buildx: `store/util.go`, `driver/manager.go`). */

const legalName = /^[a-zA-Z][a-zA-Z0-9._-]*$/;

/** Why buildx would refuse `name` for a builder, or `undefined` where it would not. */
export function whyIllegalName(name: string): string | undefined {
    if (!legalName.test(name)) {
        return `"${name}" is not a builder name: it has to start with a letter and may hold only letters, digits, ".", "_" and "-"`;
    }
    if (name.toLowerCase() === "default") {
        return `"default" is reserved by buildx for the engine's own builder: choose another name`;
    }
    return undefined;
}

/** buildx keeps names in lower case. */
export const canonicalName = (name: string): string => name.toLowerCase();

/** The name that buildx gives the node with this index. */
export const nodeName = (builder: string, index: number): string => `${builder}${index}`;

/** The container that runs a node's buildkitd. */
export const containerName = (node: string): string => `buildx_buildkit_${node}`;

/** The container that is to take the place of that one, until it does. */
export const nextContainerName = (node: string): string => `pulumi-buildx-next-${node}`;

/** The volume on which that buildkitd keeps its state. */
export const volumeName = (node: string): string => `${containerName(node)}_state`;

/** The address by which BuildKit's own clients (`buildctl --addr`) reach a node. */
export const buildkitAddress = (container: string): string => `docker-container://${container}`;
