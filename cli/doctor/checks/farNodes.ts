/** Problems of builders without a container on an engine: those of the `remote` and `kubernetes` drivers. */
import type { ClusterNodeFacts, DaemonFacts, FileFacts, Machine } from "../../machine/facts";
import { quote } from "../../format/shell";
import { resourceOf } from "../../format/stack";
import { type Finding, type Fix, finding, pulumiUp } from "../finding";

/** The facts are only those of requested builders. */
export const checkFarNodes = ({ daemons, clusterNodes }: Machine): Finding[] => [
    ...daemons.flatMap(checkDaemon),
    ...clusterNodes.flatMap(checkClusterNode),
];

const removal = (builder: string): Fix => ({
    what: "or forget the builder",
    command: `docker buildx rm ${quote(builder)}`,
});

/** Returns a node as messages name it. A node of a builder with one node is the builder. */
const nameOf = ({ builder, node }: { builder: string; node: string }) =>
    node === `${builder}0` ? `builder "${builder}"` : `node ${node} of builder "${builder}"`;

function checkDaemon(daemon: DaemonFacts): Finding[] {
    const { builder, error, files } = daemon;
    const unreadable = files.filter((file) => file.error !== undefined);
    const ofFiles = [...unreadable.map((file) => unreadableFile(daemon, file)), ...publicFiles(daemon, files)];
    // A certificate that cannot be read explains why the daemon cannot be queried.
    if (error === undefined || unreadable.length > 0) return ofFiles;
    const found = `the daemon of ${nameOf(daemon)} does not respond: ${error}`;
    const start: Fix = { what: "start the daemon, or correct the endpoint in the program and run pulumi up" };
    return [...ofFiles, finding("daemon-silent", builder, found, start, removal(builder))];
}

const unreadableFile = (daemon: DaemonFacts, { path, error }: FileFacts): Finding =>
    finding("certificate-unreadable", daemon.builder, `the file ${path} of ${nameOf(daemon)} ${error}`, {
        what: "run pulumi up on the stack of the builder to write the file again, or put the file back",
    });

const publicFiles = (node: DaemonFacts | ClusterNodeFacts, files: readonly FileFacts[]): Finding[] =>
    files
        .filter(({ isPublic }) => isPublic)
        .map(({ path }) =>
            finding("key-public", node.builder, `other users can read ${path}, which has a key of ${nameOf(node)}`, {
                what: "let only this user read the file",
                command: `chmod 600 ${quote(path)}`,
            }),
        );

function checkClusterNode(node: ClusterNodeFacts): Finding[] {
    const { builder, kubeconfig, error, isMissing } = node;
    const ofFile = kubeconfig === undefined ? [] : publicFiles(node, [kubeconfig]);
    if (error !== undefined) {
        const found = `the cluster of ${nameOf(node)} cannot be read: ${error}`;
        return [...ofFile, finding("cluster-unreadable", builder, found, removal(builder))];
    }
    if (isMissing) return [...ofFile, missingWorkload(node)];
    const resource = resourceOf(node.owner);
    const unready = node.pods.filter(({ whyNotReady }) => whyNotReady !== undefined);
    const restarted = node.pods.filter(({ restarts }) => restarts >= manyRestarts);
    const describe: Fix = { what: "show everything about the pods", command: kubectl(node, "describe pods") };
    const notReady = unready.map(({ name, whyNotReady }) => `${name}: ${whyNotReady}`);
    const allOf = node.pods.length === 0 ? "it has no pods" : notReady.join("\n    ");
    const { length: ready } = node.pods.filter(({ whyNotReady }) => whyNotReady === undefined);
    return [
        ...ofFile,
        ...(unready.length > 0 || node.pods.length === 0
            ? [
                  finding(
                      "pods-not-ready",
                      builder,
                      `${ready} of ${node.pods.length} pods of ${nameOf(node)} are ready: ${allOf}`,
                      describe,
                      ...(resource ? [pulumiUp(resource, "or change the program, and apply it again")] : []),
                  ),
              ]
            : []),
        ...restarted.map(({ name, restarts }) =>
            finding(
                "pod-restarting",
                builder,
                `the pod ${name} of ${nameOf(node)} was restarted ${restarts} times, which ends its builds`,
                { what: "read why", command: kubectl(node, `logs --previous ${name}`) },
                { what: "if it uses too much memory, set limits.memory of the builder" },
            ),
        ),
    ];
}

/** Restarts of a pod that are reported. A pod may be restarted once when its node is. */
const manyRestarts = 3;

function missingWorkload(node: ClusterNodeFacts): Finding {
    const { builder, kind, workload, namespace, where } = node;
    const found = `${nameOf(node)} has a record but no workload: ${kind} ${workload} in the namespace ${namespace} of ${where} not found`;
    const boot: Fix = {
        what: "create the workload with pulumi up --refresh on the stack of the builder, or without a stack",
        command: `docker buildx inspect --bootstrap ${quote(builder)}`,
    };
    return finding("workload-missing", builder, found, boot, removal(builder));
}

function kubectl({ kubeconfig, namespace, workload }: ClusterNodeFacts, command: string): string {
    const file = kubeconfig === undefined ? "" : ` --kubeconfig ${quote(kubeconfig.path)}`;
    const which = command.startsWith("describe") ? ` --selector app=${workload}` : "";
    return `kubectl${file} --namespace ${namespace} ${command}${which}`;
}
