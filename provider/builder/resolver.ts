import type { Table } from "../buildkit/config";
import type { Dns, NodeInputs } from "./inputs";

/** Docker's resolver on every network but its own; it knows the containers there, and asks the name servers of `dns`. */
const ofDocker = "127.0.0.11";

const withoutResolver = new Set(["bridge", "default", "host", "none"]);

/**
 * buildkitd's configuration with Docker's resolver for `RUN` steps, where `dns` is asked for and the builder is on a
 * network that has one. BuildKit would take a loopback address out of what they see, and put public name servers in its
 * place (buildkit: `executor/oci/resolvconf.go`). A configuration that has name servers of its own stays as it is.
 */
export function withResolver(
    config: Table | undefined,
    { driverOpts, buildkitdFlags = [] }: NodeInputs,
    dns: Dns | undefined,
): Table | undefined {
    const network = driverOpts?.network ?? "bridge";
    if (dns === undefined || withoutResolver.has(network) || network.startsWith("container:")) return config;
    if (config?.dns !== undefined || !stepsShareNetwork(config ?? {}, buildkitdFlags)) return config;
    return { ...config, dns: { nameservers: [ofDocker] } };
}

/** Whether `RUN` steps are where Docker's resolver is reached, on the network of the container itself. */
function stepsShareNetwork({ worker }: Table, flags: readonly string[]): boolean {
    const mode = (worker as { oci?: { networkMode?: string } } | undefined)?.oci?.networkMode;
    const isOther = (text: string | undefined) => text === "bridge" || text === "cni";
    return !isOther(mode) && !flags.some((flag) => isOther(/^(?:--oci-worker-net=)?(bridge|cni)$/.exec(flag)?.[1]));
}
