/** Why the cache of a builder must not be pruned: one function for each reason. */
import { whyNotFound } from "../builder/notFound";
import { whyOtherDriver } from "../../buildx/otherDriver";
import { firstReason } from "../plan";
import type { DesiredPrune } from "./desired";
import type { ObservedBuilder } from "./observe";

type Refusal = (desired: DesiredPrune, observed: ObservedBuilder) => string | undefined;

const hasOtherDriver: Refusal = ({ builder }, { otherDriver }) => {
    if (otherDriver === undefined) return undefined;
    const instead = `docker buildx prune --builder ${builder}`;
    return whyOtherDriver(`builder "${builder}" cannot be pruned`, otherDriver, instead);
};

const isMissing: Refusal = ({ builder }, { nodes, records, store }) =>
    nodes === undefined ? whyNotFound(builder, records, store) : undefined;

/** If one node cannot be pruned, nothing is removed from the other nodes. */
const nodesAreUnreachable: Refusal = ({ builder }, { nodes = [] }) => {
    const reasons = nodes.flatMap(({ name, status }) =>
        status instanceof Error ? [`node ${name} of builder "${builder}" cannot be pruned: ${status.message}`] : [],
    );
    return reasons.length > 0 ? reasons.join("\n") : undefined;
};

const refusals: readonly Refusal[] = [hasOtherDriver, isMissing, nodesAreUnreachable];

/** Returns the first reason that applies. */
export const whyRefused: Refusal = (...facts) => firstReason(refusals, ...facts);
