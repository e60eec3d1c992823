import type { Dns, NodeInputs } from "./inputs";

/** Docker's resolver on every network but its own; it knows the containers there, and asks the name servers of `dns`. */
const ofDocker = "127.0.0.11";

const withoutResolver = new Set(["bridge", "default", "host", "none"]);

/**
 * buildkitd's configuration with Docker's resolver for `RUN` steps, where `dns` is asked for and the builder is on a
 * network that has one. BuildKit would take a loopback address out of what they see, and put public name servers in its
 * place (buildkit: `executor/oci/resolvconf.go`). A configuration that has name servers of its own stays as it is.
 *
 * @param table the configuration as an object.
 */
export function withResolver(
    config: NodeInputs["buildkitdConfig"],
    table: Readonly<Record<string, unknown>>,
    { driverOpts, buildkitdFlags = [] }: NodeInputs,
    dns: Dns | undefined,
): NodeInputs["buildkitdConfig"] {
    const network = driverOpts?.network ?? "bridge";
    if (dns === undefined || withoutResolver.has(network) || network.startsWith("container:")) return config;
    if (table.dns !== undefined || !stepsShareNetwork(table, buildkitdFlags)) return config;
    if (typeof config === "object") return { ...config, dns: { nameservers: [ofDocker] } };
    return `${config === undefined ? "" : `${config.trimEnd()}\n\n`}[dns]\n  nameservers = ["${ofDocker}"]\n`;
}

/** Whether `RUN` steps are where Docker's resolver is reached, on the network of the container itself. */
function stepsShareNetwork({ worker }: Readonly<Record<string, unknown>>, flags: readonly string[]): boolean {
    const mode = (worker as { oci?: { networkMode?: string } } | undefined)?.oci?.networkMode;
    const isOther = (text: string | undefined) => text === "bridge" || text === "cni";
    return !isOther(mode) && !flags.some((flag) => isOther(/^(?:--oci-worker-net=)?(bridge|cni)$/.exec(flag)?.[1]));
}
