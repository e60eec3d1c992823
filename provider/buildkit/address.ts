/**
 * Addresses of buildkitd, as `buildctl --addr` and buildx's `remote` driver take them (buildx:
 * `driver/remote/util/endpoint.go`; buildkit: `client/connhelper`).
 */
import { quote } from "../text/quote";

/** The schemes that the `remote` driver accepts. */
export const schemes = ["tcp", "unix", "ssh", "docker-container", "kube-pod", "npipe"] as const;

export type Scheme = (typeof schemes)[number];

const example = 'for example "tcp://buildkitd.example:1234"';

/** Returns the scheme of a valid address. */
export const schemeOf = (address: string): Scheme => address.slice(0, address.indexOf("://")) as Scheme;

/** Returns the part of an address after its scheme. */
export const withoutScheme = (address: string): string => address.slice(address.indexOf("://") + "://".length);

/** Returns why a value is not a valid address; `undefined` if it is valid. */
export function whyInvalidAddress(value: unknown): string | undefined {
    const invalid = (why: string) => `${quote(withoutPassword(value))} is not a valid BuildKit address: ${why}`;
    const scheme = typeof value === "string" ? schemes.find((each) => value.startsWith(`${each}://`)) : undefined;
    if (typeof value !== "string" || scheme === undefined) {
        const list = schemes.map((each) => `${each}://`);
        return invalid(`must start with ${list.slice(0, -1).join(", ")} or ${list.at(-1)}, ${example}`);
    }
    if (!URL.canParse(value)) return invalid(`must be a URL, ${example}`);
    const why = rules[scheme](value, new URL(value));
    return why === undefined ? undefined : invalid(why);
}

const withoutPassword = (value: unknown): unknown =>
    typeof value === "string" ? value.replace(/^(\w+:\/\/[^/@:]*):[^/@]*@/, "$1@") : value;

type Rule = (address: string, url: URL) => string | undefined;

/** The container names that Docker accepts. */
const containerName = /^[a-zA-Z0-9][\w.-]*$/;

/** The names in Kubernetes that BuildKit accepts (buildkit: `client/connhelper/kubepod`). */
const kubernetesName = /^[-a-z0-9.]+$/;

const rules: Readonly<Record<Scheme, Rule>> = {
    tcp: (address) =>
        /^tcp:\/\/(?:\[[\da-fA-F:.]+\]|[^\s:/?#@[\]]+):\d+$/.test(address)
            ? undefined
            : 'must be tcp://host:port, for example "tcp://buildkitd.example:1234"',
    unix: (address) =>
        /^unix:\/\/\/./.test(address)
            ? undefined
            : 'must be the absolute path of a socket, for example "unix:///run/buildkit/buildkitd.sock"',
    npipe: () =>
        process.platform === "win32"
            ? undefined
            : `named pipes are only available on Windows. Use another address, ${example}`,
    ssh: (_, { hostname, password, pathname, search, hash }) => {
        if (password !== "") return "a password is not supported: use a key or the ssh agent";
        if (hostname === "" || hostname.startsWith("-"))
            return 'must be ssh://[user@]host[:port][/socket], for example "ssh://ci@buildkitd.example"';
        if (search !== "" || hash !== "") return "must end with the host, the port or the path of a socket";
        return /^[\w./-]*$/.test(pathname)
            ? undefined
            : "the path of the socket must contain only letters, digits, /, ., _ and -";
    },
    "docker-container": (_, url) =>
        containerName.test(url.hostname) && isPlain(url, ["context"])
            ? undefined
            : 'must be docker-container://container[?context=name], for example "docker-container://buildkitd"',
    "kube-pod": (_, url) =>
        [url.hostname, ...url.searchParams.values()].every((name) => kubernetesName.test(name)) &&
        isPlain(url, ["context", "namespace", "container"])
            ? undefined
            : "must be kube-pod://pod[?context=name&namespace=name&container=name] with names of small letters, digits, " +
              '- and ., for example "kube-pod://buildkitd-0?namespace=builds"',
};

/** Whether a URL has only a host and these parameters. */
const isPlain = ({ username, port, pathname, hash, searchParams }: URL, parameters: readonly string[]): boolean =>
    username === "" &&
    port === "" &&
    hash === "" &&
    /^\/?$/.test(pathname) &&
    [...searchParams.keys()].every((key) => parameters.includes(key));
