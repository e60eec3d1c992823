/** The status of nodes without a container on an engine: those of the `remote` and `kubernetes` drivers. */
import { resourceOf } from "../format/stack";
import type { ClusterNodeFacts, Machine, RecordNode } from "../machine/facts";
import type { NodeState, NodeStatus } from "./report";

const nodeStatus = ({ name, address }: RecordNode, others: Pick<NodeStatus, "status"> & Partial<NodeStatus>) => ({
    name,
    endpoint: address,
    container: undefined,
    volume: undefined,
    trouble: undefined,
    buildkitVersion: undefined,
    platforms: [],
    cache: undefined,
    lastUsed: undefined,
    resource: undefined,
    ...others,
});

export function statusOfDaemon(node: RecordNode, { daemons }: Machine, builder: string): NodeStatus {
    const found = daemons.find((each) => each.builder === builder && each.node === node.name);
    return nodeStatus(node, {
        status: found?.workers === undefined ? "unreachable" : "running",
        trouble: found?.error,
        buildkitVersion: found?.workers?.version,
        platforms: found?.workers?.platforms ?? [],
    });
}

export function statusOfClusterNode(node: RecordNode, { clusterNodes }: Machine, builder: string): NodeStatus {
    const found = clusterNodes.find((each) => each.builder === builder && each.node === node.name);
    return nodeStatus(node, {
        status: stateOf(found),
        trouble: found?.error,
        buildkitVersion: found?.workers?.version,
        platforms: found?.workers?.platforms ?? [],
        resource: resourceOf(found?.owner),
    });
}

function stateOf(found: ClusterNodeFacts | undefined): NodeState {
    if (found === undefined || found.error !== undefined) return "unreachable";
    if (found.isMissing) return "inactive";
    if (found.workers !== undefined) return "running";
    return found.pods.some(({ whyNotReady }) => whyNotReady === undefined) ? "silent" : "stopped";
}
