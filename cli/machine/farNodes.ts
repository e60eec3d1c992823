/** Examines the nodes of builders without a container on an engine: those of the `remote` and `kubernetes` drivers. */
import { access, constants, stat } from "node:fs/promises";
import { readRecord, type StoredNode } from "../../provider/buildx/store";
import type { ClusterNodeFacts, DaemonFacts, FileFacts, Machine, RecordFacts } from "./facts";
import { timeoutMs } from "./timeout";

/** Examines the nodes of all records in parallel. A record that cannot be read has no nodes. */
export async function collectFarNodes(
    records: readonly RecordFacts[],
): Promise<Pick<Machine, "daemons" | "clusterNodes">> {
    const [daemons, clusterNodes] = await Promise.all([
        ofDriver("remote", records, collectDaemon),
        ofDriver("kubernetes", records, collectClusterNode),
    ]);
    return { daemons, clusterNodes };
}

async function ofDriver<Facts>(
    driver: string,
    records: readonly RecordFacts[],
    collect: (builder: string, node: StoredNode) => Promise<Facts>,
): Promise<Facts[]> {
    const each = records
        .filter((record) => record.driver === driver)
        .map(async ({ name }) => {
            const record = await readRecord(name);
            const nodes = record.is === "present" ? record.nodeGroup.Nodes : [];
            return Promise.all(nodes.map((node) => collect(name, node)));
        });
    return (await Promise.all(each)).flat();
}

async function collectDaemon(builder: string, node: StoredNode): Promise<DaemonFacts> {
    // The client for daemons is loaded only if there is a builder that needs it.
    const { findNode } = await import("../../provider/resources/remote/readOutputs");
    const { tlsInRecord } = await import("../../provider/resources/remote/findBuilder");
    const { Name: name, Endpoint: address, DriverOpts: options } = node;
    const tls = tlsInRecord(options);
    const paths = [tls?.ca, tls?.cert, tls?.key].filter((path) => path !== undefined);
    const signal = AbortSignal.timeout(timeoutMs);
    const [found, files] = await Promise.all([
        findNode({ name, address, tls }, undefined, signal).catch((error: Error) => ({
            outputs: undefined,
            error: signal.aborted ? new Error(`${address} does not respond within ${timeoutMs / 1000} s`) : error,
        })),
        Promise.all(paths.map((path) => collectFile(path, path === tls?.key))),
    ]);
    const { outputs, error } = found;
    const workers = outputs && { platforms: outputs.platforms, version: outputs.buildkitVersion };
    return {
        ...{ builder, node: name, address, files },
        ...(error === undefined ? { workers } : { error: error.message }),
    };
}

async function collectClusterNode(builder: string, node: StoredNode): Promise<ClusterNodeFacts> {
    const { collectWorkload } = await import("./workloads");
    const { kubeconfigOf } = await import("../../provider/resources/kubernetes/findBuilder");
    const path = kubeconfigOf(node.Endpoint);
    const [workload, kubeconfig] = await Promise.all([
        collectWorkload(node),
        path === undefined ? undefined : collectFile(path, true),
    ]);
    return { builder, node: node.Name, address: node.Endpoint, ...workload, ...(kubeconfig && { kubeconfig }) };
}

async function collectFile(path: string, isSecret: boolean): Promise<FileFacts> {
    try {
        await access(path, constants.R_OK);
        const { mode } = await stat(path);
        return { path, isPublic: isSecret && process.platform !== "win32" && (mode & 0o077) !== 0 };
    } catch (error) {
        const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
        return { path, isPublic: false, error: isMissing ? "does not exist" : "cannot be read by this user" };
    }
}
