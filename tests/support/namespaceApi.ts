/** A namespace through the Kubernetes API. Each call of kubectl would take 0.15 s of processor time. */
import { setTimeout as sleep } from "node:timers/promises";
import { parseAllDocuments } from "yaml";
import { waitUntilGone } from "../../provider/cluster/apply";
import type { Cluster } from "../../provider/cluster/client";
import { execInPod } from "../../provider/cluster/inPod";
import type { Kind as OwnKind, KubernetesObject } from "../../provider/cluster/objects";
import { waitUntilReady } from "../../provider/cluster/readiness";
import type { WorkloadKind } from "../../provider/cluster/workloads";

/** Group and version of the kinds that tests use, as paths of the API. */
const groups = {
    ConfigMap: "api/v1",
    Deployment: "apis/apps/v1",
    PersistentVolumeClaim: "api/v1",
    Pod: "api/v1",
    ReplicaSet: "apis/apps/v1",
    ResourceQuota: "api/v1",
    Role: "apis/rbac.authorization.k8s.io/v1",
    RoleBinding: "apis/rbac.authorization.k8s.io/v1",
    ServiceAccount: "api/v1",
    StatefulSet: "apis/apps/v1",
} as const;

export type Kind = keyof typeof groups;

/** Seconds after which an object that does not change as expected is an error. */
const patience = 60;

export class NamespaceApi {
    constructor(
        readonly name: string,
        /** The cluster as its administrator sees it. */
        readonly cluster: Cluster,
    ) {}

    /** Creates the namespace, and waits for what each pod in it needs. */
    async create(): Promise<void> {
        const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: this.name } };
        await this.send("POST", "/api/v1/namespaces", { body });
        await this.until("ServiceAccount", "default");
        await this.until("ConfigMap", "kube-root-ca.crt");
    }

    /** Applies manifests, as objects or YAML, as `kubectl apply --server-side` does. */
    async apply(...manifests: (object | string)[]): Promise<void> {
        const contentType = "application/apply-patch+yaml";
        for (const body of manifests.flatMap(objectsIn)) {
            const path = this.path(body.kind as Kind, body.metadata.name);
            const query = "fieldManager=kubectl&fieldValidation=Strict";
            await this.send("PATCH", `${path}?${query}`, { body, contentType });
        }
    }

    /** @throws {ClusterError} `notFound` if the object does not exist. */
    read<Found = KubernetesObject>(kind: Kind, name: string): Promise<Found> {
        return this.send("GET", this.path(kind, name));
    }

    /** @param labels a selector, for example `app=kube0`, or `app` for each object with this label. */
    async list<Found = KubernetesObject>(kind: Kind, labels = ""): Promise<Found[]> {
        const query = new URLSearchParams({ labelSelector: labels }).toString();
        const { items } = await this.send<{ items: object[] }>("GET", `${this.path(kind)}?${query}`);
        return items.map((item) => ({ ...item, kind }) as Found);
    }

    /** Returns the names of all objects of some kinds, for example `Deployment/kube0`. */
    async names(kinds: readonly Kind[], labels?: string): Promise<string[]> {
        const found = await Promise.all(kinds.map((kind) => this.list(kind, labels)));
        return found.flat().map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    }

    /** @param body the operations of a JSON patch. */
    async patch(kind: Kind, name: string, body: readonly object[]): Promise<void> {
        await this.send("PATCH", this.path(kind, name), { body, contentType: "application/json-patch+json" });
    }

    /**
     * Removes an object as `kubectl delete` does.
     *
     * @param options.grace seconds that the processes of a pod have.
     * @param options.waits whether it waits until the object is gone.
     */
    async delete(
        kind: Kind & OwnKind,
        name: string,
        { grace, waits = true }: { grace?: number; waits?: boolean } = {},
    ): Promise<void> {
        const { metadata } = await this.read(kind, name);
        const body = {
            ...{ apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" },
            ...(grace !== undefined && { gracePeriodSeconds: grace }),
        };
        await this.send("DELETE", this.path(kind, name), { body });
        if (!waits) return;
        const reference = { kind, namespace: this.name, name };
        await waitUntilGone(this.cluster, reference, { uid: metadata.uid ?? "", timeout: patience });
    }

    /**
     * Runs a command in the container `buildkitd` of a pod. Returns its standard output.
     *
     * @throws {Error} if the command fails.
     */
    async exec(pod: string, ...command: string[]): Promise<string> {
        const place = { namespace: this.name, name: pod, container: "buildkitd" };
        const { exitCode, stdout, stderr } = await execInPod(this.cluster, place, command);
        if (exitCode !== 0) throw new Error(`${command.join(" ")} failed with exit code ${exitCode}:\n${stderr}`);
        return stdout;
    }

    /** Returns the log of a container. */
    logs(pod: string, container: string): Promise<string> {
        return this.send("GET", `${this.path("Pod", pod)}/log?container=${container}`);
    }

    /** Returns a new token of a service account. */
    async token(account: string): Promise<string> {
        const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
        const path = `${this.path("ServiceAccount", account)}/token`;
        return (await this.send<{ status: { token: string } }>("POST", path, { body })).status.token;
    }

    /** Waits until all pods of a workload are ready and have its template, as `kubectl rollout status` does. */
    async rolledOut(kind: WorkloadKind, name: string): Promise<void> {
        const waiting = { report: () => undefined, signal: new AbortController().signal };
        await waitUntilReady(this.cluster, { kind, namespace: this.name, name }, { timeout: patience }, waiting);
    }

    /** Waits until a pod is ready. */
    async podReady(name: string): Promise<void> {
        const isReady = ({ status }: KubernetesObject) => {
            const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] };
            return conditions.some((each) => each.type === "Ready" && each.status === "True");
        };
        await this.until("Pod", name, isReady);
    }

    /** Waits until an object exists, and is as expected. */
    async until(kind: Kind, name: string, isExpected = (_: KubernetesObject): boolean => true): Promise<void> {
        const deadline = performance.now() + patience * 1000;
        for (;;) {
            const [found] = (await this.list(kind)).filter(({ metadata }) => metadata.name === name);
            if (found !== undefined && isExpected(found)) return;
            if (performance.now() > deadline)
                throw new Error(`${kind} ${name} is not as expected after ${patience} s: ${JSON.stringify(found)}`);
            await sleep(50);
        }
    }

    /** Returns the path of the objects of a kind, or of one of them. */
    private path(kind: Kind, name?: string): string {
        const folder = `/${groups[kind]}/namespaces/${this.name}/${kind.toLowerCase()}s`;
        return name === undefined ? folder : `${folder}/${name}`;
    }

    protected send<Body>(
        method: "GET" | "POST" | "PATCH" | "DELETE",
        path: string,
        { body, contentType }: { body?: unknown; contentType?: string } = {},
    ): Promise<Body> {
        const failed = `${method} ${path} failed`;
        return this.cluster.request<Body>({ method, path, failed, body, ...(contentType && { contentType }) });
    }
}

/** Returns the objects in a manifest, which may be YAML with several documents. */
function objectsIn(manifest: object | string): KubernetesObject[] {
    if (typeof manifest !== "string") return [manifest as KubernetesObject];
    return parseAllDocuments(manifest).map((document) => document.toJS() as KubernetesObject);
}
