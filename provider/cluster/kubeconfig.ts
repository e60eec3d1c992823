import { basename, isAbsolute, join, resolve } from "node:path";
import { didYouMean } from "../text/quote";
import { type Named, readSources, type Source } from "./kubeconfigFiles";

/** Which kubeconfig the argument means. */
export interface KubeconfigSource {
    /**
     * Path of a kubeconfig, or its text (YAML or JSON). A value with a line break or `{` is a text. Paths are relative
     * to the program's folder, in a text too.
     *
     * @default what kubectl uses: the files in `$KUBECONFIG`, `~/.kube/config`, or the service account of the pod
     */
    readonly kubeconfig?: string | undefined;
    /** Name of a context. @default the current context of the kubeconfig */
    readonly context?: string | undefined;
}

/** A kubeconfig with exactly one context, its cluster and its user. Paths in it are absolute. */
export interface Kubeconfig {
    /** Name of the context. */
    readonly context: string;
    /** URL of the API server. */
    readonly server: string;
    /** Namespace of the context, `default` if the context has none. */
    readonly namespace: string;
    /** Where the kubeconfig comes from, for messages, for example `the kubeconfig /home/ada/.kube/config`. */
    readonly from: string;
    /** The cluster and the user, with the keys of the kubeconfig format. */
    readonly cluster: Readonly<Record<string, unknown>>;
    readonly user: Readonly<Record<string, unknown>>;
    /** Names of the cluster and of the user. */
    readonly names: { readonly cluster: string; readonly user: string };
}

/** A cluster for messages. */
export interface NamedCluster {
    readonly kubeconfig: Kubeconfig;
    /** Name for messages, for example `the cluster of the context kind (https://127.0.0.1:6443)`. */
    readonly where: string;
}

/** Thrown if a kubeconfig cannot be used. */
export class KubeconfigError extends Error {}

/** Whether a value is the text of a kubeconfig. If not, the value is a path. */
export const isKubeconfigText = (value: string): boolean => /[\n{]/.test(value);

/**
 * Loads a kubeconfig and selects one of its contexts. It reads files, and nothing of the cluster.
 *
 * @throws {KubeconfigError} if there is no kubeconfig, it cannot be read, it is not valid, or it has no such context.
 *   The message names the contexts that it has.
 */
export async function loadKubeconfig({ kubeconfig, context }: KubeconfigSource = {}): Promise<Kubeconfig> {
    const source = await readSources(kubeconfig, isKubeconfigText).catch((error: Error) => {
        throw new KubeconfigError(error.message, { cause: error });
    });
    return select(source, context);
}

function select({ from, ...source }: Source, wanted: string | undefined): Kubeconfig {
    const names = source.contexts.map(({ name }) => name);
    const name = wanted ?? source.currentContext;
    const known = `Its contexts are: ${names.join(", ")}`;
    if (!name) throw new KubeconfigError(`${from} has no current context. Set the argument context. ${known}`);
    const context = source.contexts.find((each) => each.name === name);
    if (context === undefined)
        throw new KubeconfigError(
            names.length === 0
                ? `"${name}" is not a context of ${from}: it has no contexts`
                : `"${name}" is not a context of ${from}: ${didYouMean(name, names)}`,
        );
    const { cluster: clusterName, user: userName, namespace } = context.value as Record<string, string | undefined>;
    const cluster = entry(source.clusters, clusterName);
    if (clusterName === undefined || cluster === undefined)
        throw new KubeconfigError(
            `${from} is not valid: the context ${name} names the cluster ${clusterName}, which is not in it`,
        );
    const user = userName === undefined ? undefined : entry(source.users, userName);
    if (userName !== undefined && user === undefined)
        throw new KubeconfigError(
            `${from} is not valid: the context ${name} names the user ${userName}, which is not in it`,
        );
    const { server } = cluster.value;
    if (typeof server !== "string" || !URL.canParse(server) || !/^https?:/.test(server))
        throw new KubeconfigError(
            `${from} is not valid: the server of the cluster ${clusterName} must be a URL, for example https://10.0.0.1:6443`,
        );
    return {
        context: name,
        server: server.replace(/\/$/, ""),
        namespace: namespace || "default",
        from,
        cluster: absolute(cluster, ["certificate-authority"]),
        user: user === undefined ? {} : absoluteUser(user),
        names: { cluster: clusterName, user: userName ?? "anonymous" },
    };
}

const entry = (all: readonly Named[], name: string | undefined) => all.find((each) => each.name === name);

/** Makes the paths of an entry absolute, which are relative to the folder of its file. Leaves out its extensions. */
function absolute({ folder, value }: Named, keys: readonly string[]): Record<string, unknown> {
    const paths = keys.flatMap((key) => {
        const path = value[key];
        return typeof path === "string" && path !== "" ? [[key, resolve(folder, path)] as const] : [];
    });
    const { extensions: _, ...others } = value;
    return { ...others, ...Object.fromEntries(paths) };
}

function absoluteUser(user: Named): Record<string, unknown> {
    const result = absolute(user, ["client-certificate", "client-key", "tokenFile"]);
    const exec = result.exec as { command?: unknown } | undefined | null;
    // As for kubectl, a command with a slash is a path, and any other command is searched for in PATH.
    if (typeof exec?.command === "string" && exec.command !== basename(exec.command) && !isAbsolute(exec.command))
        return { ...result, exec: { ...exec, command: join(user.folder, exec.command) } };
    return result;
}

/**
 * Returns the text of a kubeconfig file that has one context, which is the current one. It is for clients that cannot
 * select a context, such as buildx (docker/buildx#2069).
 *
 * What the user's kubeconfig refers to stays a reference: paths of certificates, keys and tokens, the exec plugin, the
 * auth provider. Data that is inline in the user's kubeconfig is inline in the text. Equal kubeconfigs have equal texts.
 */
export function pinnedKubeconfig({ context, namespace, cluster, user, names }: Kubeconfig): string {
    const document = {
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: names.cluster, cluster }],
        users: [{ name: names.user, user }],
        contexts: [{ name: context, context: { cluster: names.cluster, user: names.user, namespace } }],
        "current-context": context,
    };
    return `${JSON.stringify(document, undefined, 2)}\n`;
}
