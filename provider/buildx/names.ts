/** Names that buildx gives to the parts of a builder (buildx: `store/util.go`, `driver/manager.go`). */
import { quote } from "../text/quote";

const legalName = /^[a-zA-Z][a-zA-Z0-9._-]*$/;

/** Returns why buildx refuses `name` as the name of a builder; `undefined` if buildx accepts it. */
export function whyIllegalName(name: unknown): string | undefined {
    if (typeof name !== "string" || !legalName.test(name)) {
        return `${quote(name)} is not a valid builder name: must start with a letter and contain only letters, digits, ".", "_" and "-"`;
    }
    if (name.toLowerCase() === "default") {
        return `"default" is not a valid builder name: buildx reserves it for the engine's own builder. Choose another name`;
    }
    return undefined;
}

/** Returns a name in lower case, as buildx stores it. */
export const canonicalName = (name: string): string => name.toLowerCase();

/** Returns the name that buildx gives to the node with this index. */
export const nodeName = (builder: string, index: number): string => `${builder}${index}`;

/** Returns the name of the container that runs a node's buildkitd. */
export const containerName = (node: string): string => `buildx_buildkit_${node}`;

/** Returns the temporary name of the container that will replace a node's container. */
export const nextContainerName = (node: string): string => `pulumi-buildx-next-${node}`;

/** Returns the name of the volume on which a node's buildkitd keeps its state. */
export const volumeName = (node: string): string => `${containerName(node)}_state`;

/** Returns the address at which BuildKit's own clients (`buildctl --addr`) reach a node. */
export const buildkitAddress = (container: string): string => `docker-container://${container}`;
