import type { Table } from "../../../buildkit/config";
import type { Dns, NodeInputs } from "../args";

/**
 * Address of Docker's resolver on user-defined networks. It resolves the containers on the network, and forwards other
 * names to the name servers of `dns`.
 */
const dockerResolver = "127.0.0.11";

const withoutResolver = new Set(["bridge", "default", "host", "none"]);

/**
 * Returns buildkitd's configuration with Docker's resolver for `RUN` steps, if `dns` is set and the builder's network
 * has the resolver. By default, BuildKit removes loopback addresses from the name servers of `RUN` steps and uses
 * public name servers instead (buildkit: `executor/oci/resolvconf.go`). A configuration that sets `dns` is not changed.
 */
export function withResolver(
    config: Table | undefined,
    { driverOpts, buildkitdFlags = [] }: NodeInputs,
    dns: Dns | undefined,
): Table | undefined {
    const network = driverOpts?.network ?? "bridge";
    if (dns === undefined || withoutResolver.has(network) || network.startsWith("container:")) return config;
    if (config?.dns !== undefined || !stepsShareNetwork(config ?? {}, buildkitdFlags)) return config;
    return { ...config, dns: { nameservers: [dockerResolver] } };
}

/** Whether `RUN` steps can reach Docker's resolver, because they share the network of the builder's container. */
function stepsShareNetwork({ worker }: Table, flags: readonly string[]): boolean {
    const mode = (worker as { oci?: { networkMode?: string } } | undefined)?.oci?.networkMode;
    const isOther = (text: string | undefined) => text === "bridge" || text === "cni";
    return !isOther(mode) && !flags.some((flag) => isOther(/^(?:--oci-worker-net=)?(bridge|cni)$/.exec(flag)?.[1]));
}
