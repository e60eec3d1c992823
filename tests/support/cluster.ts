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
import { type Ended, must, run } from "./run";

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
export class TestNamespace {
    private constructor(
        readonly name: string,
        readonly folder: string,
        /** The cluster as its administrator sees it. */
        readonly cluster: Cluster,
    ) {}

    static async make(): Promise<TestNamespace> {
        const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-test-"));
        const cluster = await openCluster(await loadKubeconfig({ kubeconfig: testCluster.kubeconfig }));
        const made = new TestNamespace(`t${randomBytes(4).toString("hex")}`, folder, cluster);
        await made.kubectl("create", "namespace", made.name);
        return made;
    }

    /** Runs kubectl as the administrator, in this namespace. */
    kubectl(...args: string[]): Promise<string> {
        return must(testCluster.kubectl, this.kubectlArgs(args));
    }

    tryKubectl(...args: string[]): Promise<Ended> {
        return run(testCluster.kubectl, this.kubectlArgs(args));
    }

    private kubectlArgs = (args: string[]): string[] => [
        ...["--kubeconfig", testCluster.kubeconfig, "--namespace", this.name],
        ...args,
    ];

    /** Applies manifests with kubectl. */
    async apply(...manifests: (object | string)[]): Promise<void> {
        const file = await this.write(
            "manifests.yaml",
            manifests.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join("\n---\n"),
        );
        await this.kubectl("apply", "--server-side", "--filename", file);
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
        const token = (await this.kubectl("create", "token", name)).trim();
        const { server, "certificate-authority": authority } = this.cluster.kubeconfig.cluster as Record<
            string,
            string
        >;
        const path = await this.kubeconfig({ server, "certificate-authority": authority }, { token });
        // The API server watches Roles: it knows a new Role after a moment.
        const cluster = await openAs(path);
        while ((await missingRights(cluster, this.name, rights)).length > 0) await sleep(50);
        return path;
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
        await this.tryKubectl("delete", "namespace", this.name, "--wait=false", "--ignore-not-found");
        await rm(this.folder, { recursive: true, force: true });
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
