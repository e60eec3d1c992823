/**
 * Remembers that a builder was compared with its cluster and was as the program describes it. A preview then does not
 * compare it again: a change in the cluster is found by a refresh, as of every resource.
 */
import { createHash } from "node:crypto";
import { loadKubeconfig, pinnedKubeconfig } from "../../cluster/kubeconfig";
import { ownVersion } from "../../transfer/format";
import type { DesiredKubernetes } from "./desired";
import { observeMachine, pinnedContext } from "./observe";
import type { PreviousNode } from "./previous";

/**
 * Returns a digest of everything that `plan` depends on except for the clusters: the desired builder, the kubeconfigs,
 * and what exists of the builder on this machine. `undefined` if a part of it cannot be read.
 *
 * @param nodes the nodes in Pulumi's state.
 */
export async function digestOf(
    desired: DesiredKubernetes,
    nodes: readonly PreviousNode[],
): Promise<string | undefined> {
    const { name, owner, savedOnly } = desired;
    try {
        const [{ files, ...machine }, ...places] = await Promise.all([
            observeMachine(name),
            ...desired.nodes.map(async (node) => {
                const pinned = pinnedContext(
                    node,
                    nodes.find((each) => each.name === node.name),
                );
                const { access } = node;
                return pinnedKubeconfig(await loadKubeconfig({ ...access, context: access.context ?? pinned }));
            }),
        ]);
        const described = desired.nodes.map(({ files: { digest }, ...node }) => ({ ...node, files: digest }));
        const before = nodes.map((node) => node.name);
        const all = [ownVersion(), name, owner, savedOnly, described, before, machine, [...files], places];
        return createHash("sha256").update(JSON.stringify(all, sorted)).digest("hex");
    } catch {
        return undefined; // `observe` reports the reason
    }
}

/** Makes `JSON.stringify` write the keys of each object in order. */
const sorted = (_key: string, value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
        : value;
