/** Finds and reads the files that kubectl would read, and the service account of a pod. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

/** A cluster, a user or a context of a kubeconfig. */
export interface Named {
    readonly name: string;
    readonly value: Readonly<Record<string, unknown>>;
    /** Folder of the file, to which the paths in the value are relative. */
    readonly folder: string;
}

/** The content of one kubeconfig, or of several that are merged. */
export interface Source {
    /** Name for messages, for example `the kubeconfig /home/ada/.kube/config`. */
    readonly from: string;
    readonly clusters: readonly Named[];
    readonly users: readonly Named[];
    readonly contexts: readonly Named[];
    readonly currentContext: string | undefined;
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Reads the kubeconfig that an argument means.
 *
 * @param given path or text. Without it, what kubectl uses.
 * @throws {Error} if there is none, or it cannot be read or is not valid.
 */
export async function readSources(given: string | undefined, isText: (value: string) => boolean): Promise<Source> {
    if (given !== undefined && isText(given)) return parse(given, "the argument kubeconfig", process.cwd());
    if (given !== undefined) return readSource(given, `the kubeconfig ${given}`);
    const listed = (process.env.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
    const paths = listed.length > 0 ? listed : [join(homedir(), ".kube", "config")];
    const found = await Promise.all(paths.map((path) => readIfThere(path)));
    const sources = found.flatMap((source) => source ?? []);
    const merged = merge(sources);
    if (merged !== undefined && merged.contexts.length > 0) return merged;
    const inPod = await readServiceAccount();
    if (inPod !== undefined) return inPod;
    if (merged !== undefined) throw new Error(`${merged.from} has no contexts. ${advice}`);
    const searched = listed.length > 0 ? `$KUBECONFIG (${listed.join(delimiter)})` : paths[0];
    throw new Error(`no kubeconfig was found: ${searched} does not exist. ${advice}`);
}

const advice = "Set the argument kubeconfig to the path or the text of a kubeconfig, or set KUBECONFIG";

async function readIfThere(path: string): Promise<Source | undefined> {
    return readSource(path, `the kubeconfig ${path}`).catch((error: Error) => {
        if ((error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return undefined;
        throw error;
    });
}

async function readSource(path: string, from: string): Promise<Source> {
    const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
        const why = cause.code === "ENOENT" ? "file not found" : cause.message;
        throw new Error(`${from} cannot be read: ${why}. ${advice}`, { cause });
    });
    return parse(text, from, dirname(resolve(path)));
}

/** The last kubeconfigs that were parsed, by their text: builders of a program have the same few. */
const parsed = new Map<string, unknown>();

const mostParsed = 20;

async function parseOnce(text: string): Promise<unknown> {
    if (parsed.has(text)) return parsed.get(text);
    const { parse: parseYaml } = await import("yaml");
    const document: unknown = parseYaml(text);
    const [oldest] = parsed.keys();
    if (oldest !== undefined && parsed.size >= mostParsed) parsed.delete(oldest);
    parsed.set(text, document);
    return document;
}

async function parse(text: string, from: string, folder: string): Promise<Source> {
    const invalid = (why: string, cause?: unknown) => new Error(`${from} is not valid: ${why}. ${advice}`, { cause });
    let document: unknown;
    try {
        document = await parseOnce(text);
    } catch (error) {
        // The message of the library shows the line, which may contain a secret.
        const [summary = ""] = (error as Error).message.split(/[:\n]/);
        throw invalid(`it is not YAML (${summary})`, undefined);
    }
    if (typeof document !== "object" || document === null || Array.isArray(document))
        throw invalid("it has no clusters, users and contexts");
    const { clusters, users, contexts, "current-context": current } = document as Record<string, unknown>;
    const named = (list: unknown, key: string, plural: string): Named[] => {
        if (list === undefined || list === null) return [];
        if (!Array.isArray(list)) throw invalid(`${plural} must be a list`);
        return list.map((each: Record<string, unknown> | null) => {
            const { name } = each ?? {};
            const value = each?.[key] ?? {};
            if (typeof name !== "string" || typeof value !== "object")
                throw invalid(`each of its ${plural} must have a name and a ${key}`);
            return { name, value: value as Record<string, unknown>, folder };
        });
    };
    return {
        from,
        clusters: named(clusters, "cluster", "clusters"),
        users: named(users, "user", "users"),
        contexts: named(contexts, "context", "contexts"),
        currentContext: typeof current === "string" && current !== "" ? current : undefined,
    };
}

/** Merges files as kubectl does: if several files have an entry or the current context, the first file counts. */
function merge(sources: readonly Source[]): Source | undefined {
    const [first] = sources;
    if (first === undefined || sources.length === 1) return first;
    const all = (of: (source: Source) => readonly Named[]) => {
        const names = new Map<string, Named>();
        for (const each of sources.flatMap(of)) if (!names.has(each.name)) names.set(each.name, each);
        return [...names.values()];
    };
    return {
        from: `the kubeconfigs of $KUBECONFIG (${sources.map(({ from }) => from.replace("the kubeconfig ", "")).join(", ")})`,
        clusters: all(({ clusters }) => clusters),
        users: all(({ users }) => users),
        contexts: all(({ contexts }) => contexts),
        currentContext: sources.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
    };
}

/** Returns the API server and the service account of the pod in which this process runs. `undefined` outside of pods. */
async function readServiceAccount(): Promise<Source | undefined> {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
    const namespace = await readFile(join(serviceAccount, "namespace"), "utf8").catch(() => undefined);
    if (!host || !port || namespace === undefined) return undefined;
    const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
    const cluster = { server, "certificate-authority": join(serviceAccount, "ca.crt") };
    const entry = (value: Record<string, unknown>) => [{ name: "in-cluster", value, folder: serviceAccount }];
    return {
        from: "the service account of this pod",
        clusters: entry(cluster),
        users: entry({ tokenFile: join(serviceAccount, "token") }),
        contexts: entry({ cluster: "in-cluster", user: "in-cluster", namespace: namespace.trim() }),
        currentContext: "in-cluster",
    };
}
