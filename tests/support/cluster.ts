/** The Kubernetes cluster of the tests (`environment/cluster`). */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, openCluster } from "../../provider/cluster/client";
import { loadKubeconfig } from "../../provider/cluster/kubeconfig";
import { missingRights, type Right } from "../../provider/cluster/rights";
import { renderRole } from "../../provider/cluster/role";
import { NamespaceApi } from "./namespaceApi";
import { must } from "./run";

export const testCluster = {
    /** Path of the kubeconfig of an administrator. Its context is `test`. */
    get kubeconfig(): string {
        return fromEnvironment("PULUMI_BUILDX_TEST_KUBECONFIG");
    },
    /** Path of the kubeconfig of the user `ci`, who has no rights. */
    get ci(): string {
        return fromEnvironment("PULUMI_BUILDX_TEST_KUBECONFIG_CI");
    },
    /** Path of a kubectl. */
    get kubectl(): string {
        return process.env.PULUMI_BUILDX_TEST_KUBECTL || "kubectl";
    },
    /** This machine's address as seen by pods. */
    get seesUsAs(): string {
        return fromEnvironment("PULUMI_BUILDX_TEST_CLUSTER_HOST");
    },
};

function fromEnvironment(name: string): string {
    const value = process.env[name];
    if (value) return value;
    throw new Error(
        `${name} is not set. Start the cluster, as root on Linux, with: eval "$(environment/up --for-tests)"`,
    );
}

/** Describes tests that need the cluster. They are skipped on machines that cannot run it. */
export function describeOnCluster(title: string, body: () => void): void {
    if (process.env.PULUMI_BUILDX_TEST_KUBECONFIG) describe(title, body);
    else
        describe.skip(`${title} (skipped: a cluster needs root on Debian; environment/up --for-tests starts it)`, body);
}

/** The image of BuildKit, which has a shell. The cluster pulls nothing. */
export const buildkitImage = "moby/buildkit:buildx-stable-1";

/** A namespace of a test, and a folder for its files. */
export class TestNamespace extends NamespaceApi {
    private constructor(
        name: string,
        readonly folder: string,
        cluster: Cluster,
    ) {
        super(name, cluster);
    }

    static async make(): Promise<TestNamespace> {
        const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-test-"));
        const cluster = await openAs(testCluster.kubeconfig);
        const made = new TestNamespace(`t${randomBytes(4).toString("hex")}`, folder, cluster);
        await made.create();
        return made;
    }

    /** Runs kubectl as the administrator, in this namespace, for what another program writes. */
    kubectl(...args: string[]): Promise<string> {
        return must(testCluster.kubectl, [
            ...["--kubeconfig", testCluster.kubeconfig, "--namespace", this.name],
            ...args,
        ]);
    }

    /** Writes a file into the folder of the test. Returns its path. */
    async write(name: string, text: string): Promise<string> {
        const path = join(this.folder, `${randomBytes(2).toString("hex")}-${name}`);
        await writeFile(path, text, { mode: 0o600 });
        return path;
    }

    /**
     * Creates a ServiceAccount that has these rights in this namespace.
     *
     * @returns the path of its kubeconfig. The namespace of its context is this one.
     */
    async account(name: string, rights: readonly Right[]): Promise<string> {
        const user = `system:serviceaccount:${this.name}:${name}`;
        const metadata = { name, namespace: this.name };
        await this.apply(
            { apiVersion: "v1", kind: "ServiceAccount", metadata },
            renderRole(name, this.name, rights, user),
        );
        const token = await this.token(name);
        const { server, "certificate-authority": authority } = this.cluster.kubeconfig.cluster as Record<
            string,
            string
        >;
        const path = await this.kubeconfig({ server, "certificate-authority": authority }, { token });
        await this.granted(path, rights);
        return path;
    }

    /** Waits until the user of a kubeconfig has rights. The API server knows a new Role after a moment. */
    async granted(kubeconfig: string, rights: readonly Right[]): Promise<void> {
        const cluster = await openAs(kubeconfig);
        while ((await missingRights(cluster, this.name, rights)).length > 0) await sleep(50);
    }

    /** Writes a kubeconfig with one context, `test`. Returns its path. */
    kubeconfig(cluster: object, user: object): Promise<string> {
        return this.write(
            "kubeconfig",
            JSON.stringify({
                apiVersion: "v1",
                kind: "Config",
                "current-context": "test",
                clusters: [{ name: "test", cluster }],
                users: [{ name: "test", user }],
                contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace: this.name } }],
            }),
        );
    }

    /** Removes the namespace with everything in it. It does not wait until the pods are gone. */
    async remove(): Promise<void> {
        await rm(this.folder, { recursive: true, force: true });
        await this.send("DELETE", `/api/v1/namespaces/${this.name}`);
    }
}

/** Runs a test with its own namespace and removes the namespace afterwards, even if the test fails. */
export const withNamespace = (test: (namespace: TestNamespace) => Promise<void>) => async (): Promise<void> => {
    const namespace = await TestNamespace.make();
    try {
        await test(namespace);
    } finally {
        await namespace.remove();
    }
};

/** Returns the cluster as the user of a kubeconfig sees it. */
export const openAs = async (path: string): Promise<Cluster> => openCluster(await loadKubeconfig({ kubeconfig: path }));

/** Returns the token in the administrator's kubeconfig. */
export async function adminToken(): Promise<string> {
    const [, token] = /token: ([0-9a-f]+)/.exec(await readFile(testCluster.kubeconfig, "utf8")) ?? [];
    if (token === undefined) throw new Error(`${testCluster.kubeconfig} has no token`);
    return token;
}
