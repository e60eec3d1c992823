/** Which kubeconfig the argument means. */
export interface KubeconfigSource {
    /**
     * Path of a kubeconfig, or its text (YAML or JSON). A value with a line break or `{` is a text.
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
    /** The cluster, the user and the context, with the keys of the kubeconfig format. */
    readonly cluster: Readonly<Record<string, unknown>>;
    readonly user: Readonly<Record<string, unknown>>;
    /** Names of the cluster and of the user. */
    readonly names: { readonly cluster: string; readonly user: string };
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
export async function loadKubeconfig(source: KubeconfigSource = {}): Promise<Kubeconfig> {
    void source;
    throw new Error("not implemented");
}

/**
 * Returns the text of a kubeconfig file that has one context, which is the current one. It is for clients that cannot
 * select a context, such as buildx (docker/buildx#2069).
 *
 * What the user's kubeconfig refers to stays a reference: paths of certificates, keys and tokens, the exec plugin, the
 * auth provider. Data that is inline in the user's kubeconfig is inline in the text. Equal kubeconfigs have equal texts.
 */
export function pinnedKubeconfig(kubeconfig: Kubeconfig): string {
    void kubeconfig;
    throw new Error("not implemented");
}
