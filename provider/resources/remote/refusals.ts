/** Why a builder must not be changed: one function for each reason. */
import { whyContextOfSameName, whyOfOtherDriver, whyUnmanagedRecord } from "../builder/refusals";
import type { DesiredRemote } from "./desired";
import type { ObservedRemote } from "./observe";
import type { PreviousRemote } from "./previous";
import { driver } from "./record";

type Refusal = (
    desired: DesiredRemote,
    observed: ObservedRemote,
    previous: PreviousRemote | undefined,
) => string | undefined;

const hasContextOfSameName: Refusal = ({ name }, { isContext }, previous) =>
    isContext && previous === undefined ? whyContextOfSameName(name) : undefined;

const hasOtherDriver: Refusal = ({ name }, { record }) => whyOfOtherDriver(name, record, driver);

const recordIsUnmanaged: Refusal = ({ name, adopt }, { record, isBegun }, previous) =>
    record.is === "absent" || previous !== undefined || isBegun || adopt ? undefined : whyUnmanagedRecord(name);

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
        `builder "${name}" has a node ${lost.Name} at ${lost.Endpoint} that is not in the program. Add the node to nodes, as ` +
        `{ name: "${lost.Name}", endpoint: "${lost.Endpoint}" }, ` +
        `or remove it from the builder with: docker buildx create --name ${name} --node ${lost.Name} --leave`
    );
};

export const refusals: readonly Refusal[] = [hasContextOfSameName, hasOtherDriver, recordIsUnmanaged, nodesAreLost];
