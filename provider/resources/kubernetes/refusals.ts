/** Why a builder must not be changed: one function for each reason. */
import { sameOwner } from "../../ownership";
import { whyContextOfSameName, whyOfOtherDriver, whyUnmanagedRecord } from "../builder/refusals";
import type { DesiredKubernetes } from "./desired";
import type { ObservedKubernetes } from "./observe";
import type { ObservedNode } from "./observeNode";
import { appLabel } from "./pod";
import type { PreviousKubernetes } from "./previous";
import { driver } from "./record";

type Refusal = (
    desired: DesiredKubernetes,
    observed: ObservedKubernetes,
    previous: PreviousKubernetes | undefined,
) => string | undefined;

const hasContextOfSameName: Refusal = ({ name }, { isContext }, previous) =>
    isContext && previous === undefined ? whyContextOfSameName(name) : undefined;

const hasOtherDriver: Refusal = ({ name }, { record }) => whyOfOtherDriver(name, record, driver);

const clusterIsUnreadable: Refusal = ({ name }, { nodes, removed }) => {
    const node = [...nodes, ...removed].find(({ error }) => error !== undefined);
    if (node?.error === undefined) return undefined;
    return nodes.length + removed.length === 1
        ? node.error.message
        : `node ${node.desired.name} of builder "${name}": ${node.error.message}`;
};

const recordIsUnmanaged: Refusal = ({ name, adopt }, { record, isBegun }, previous) =>
    record.is === "absent" || previous !== undefined || isBegun || adopt ? undefined : whyUnmanagedRecord(name);

const workloadIsUnmanaged: Refusal = ({ name, adopt, owner }, { nodes }, previous) => {
    if (adopt) return undefined;
    for (const { desired, place, workload, other } of nodes) {
        if (desired.kind === undefined) continue;
        const found = [workload, other].find(
            (each) =>
                each !== undefined &&
                !sameOwner(each.owner, owner) &&
                // buildx creates the workload of a known builder again if it was removed.
                (previous === undefined || each.owner !== undefined),
        );
        if (found === undefined) continue;
        const creator = found.owner === undefined ? "buildx or a user" : found.owner.urn;
        return (
            `builder "${name}" already exists in ${place?.where}: ${found.kind} ${desired.workload} in the namespace ` +
            `${place?.namespace} was created by ${creator}. Set adopt: true to take it over with its claims, set workload to ` +
            "use it as it is, or choose another name"
        );
    }
    return undefined;
};

/** Returns a refusal that applies if a reason applies to one of the nodes. */
const ofAnyNode =
    (why: (node: ObservedNode) => string | undefined): Refusal =>
    (_, { nodes }) => {
        for (const node of nodes) {
            const reason = node.error === undefined ? why(node) : undefined;
            if (reason !== undefined) return reason;
        }
        return undefined;
    };

const workloadIsMissing = ofAnyNode(({ desired: { kind, workload: name }, workload, place }) =>
    kind !== undefined || workload !== undefined
        ? undefined
        : `the workload "${name}" does not exist: there is no Deployment or StatefulSet of that name in the namespace ` +
          `${place?.namespace} of ${place?.where}. Create it as a resource that the builder depends on, or correct workload`,
);

/** buildx selects the pods of a node by this label, whatever the workload's own selector is. */
const podsAreNotFound = ofAnyNode(({ desired: { kind, workload: name }, workload }) =>
    kind !== undefined || workload === undefined || workload.podLabels[appLabel] === name
        ? undefined
        : `buildx would not find the pods of the ${workload.kind} "${name}": they do not have the label ${appLabel} with the ` +
          `name of the workload. Add the label to its pod template: { ${appLabel}: "${name}" }`,
);

const workloadIsInvalid = ofAnyNode(({ desired, difference }) =>
    difference.is === "invalid"
        ? `the ${desired.kind} ${desired.workload} is not valid: ${difference.why}. Correct the arguments`
        : undefined,
);

/**
 * Writing the record would lose a node that is neither in the program nor in Pulumi's state. If Pulumi has the builder and
 * this package wrote the record, no node is lost: the node was removed from the program on another machine.
 */
const nodesAreLost: Refusal = ({ name, nodes }, { record, isBegun }, previous) => {
    if (record.is !== "present" || isBegun || (previous !== undefined && record.isOwn)) return undefined;
    const known = [...nodes, ...(previous?.nodes ?? [])];
    const lost = record.nodeGroup.Nodes.find(({ Name: node }) => !known.some((each) => each.name === node));
    if (lost === undefined) return undefined;
    return (
        `builder "${name}" has a node ${lost.Name} that is not in the program, and its workload would remain in the cluster ` +
        `without a record. Add the node to nodes, as { name: "${lost.Name}" }, ` +
        `or remove it from the builder with: docker buildx create --name ${name} --node ${lost.Name} --leave`
    );
};

export const refusals: readonly Refusal[] = [
    hasContextOfSameName,
    hasOtherDriver,
    clusterIsUnreadable,
    workloadIsUnmanaged,
    recordIsUnmanaged,
    nodesAreLost,
    workloadIsMissing,
    podsAreNotFound,
    workloadIsInvalid,
];
