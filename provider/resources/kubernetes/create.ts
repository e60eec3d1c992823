import { type Call, type Created, PartialFailureError } from "../../bridges/lifecycle";
import { releaseName, reservedName, reserveName } from "../../buildx/pendingNames";
import { storeIdentifier } from "../../buildx/store";
import { type Owner, sameOwner } from "../../ownership";
import { apply, startRun } from "./apply";
import type { Applying } from "./applying";
import type { KubernetesInputs } from "./args";
import { digestOf } from "./compared";
import { configFilesOf } from "./configFiles";
import { type DesiredKubernetes, desiredKubernetes } from "./desired";
import { observe } from "./observe";
import type { ObservedNode } from "./observeNode";
import { plan } from "./plan";
import { load, type PreviousKubernetes } from "./previous";
import { describeAbsent, describeReady } from "./readOutputs";
import { withRestored } from "./restored";
import { comparedAs, type NodesInState, type SavedKubernetes, toSaved } from "./saved";
import { undo } from "./undo";

export async function create(call: Call, inputs: KubernetesInputs): Promise<Created<SavedKubernetes>> {
    const owner: Owner = { urn: call.urn, store: await storeIdentifier() };
    const desired = desiredKubernetes(inputs, owner, await configFilesOf(inputs));
    const { name } = desired;
    const wasBegun = (await reservedName(call.urn)) === name;
    await reserveName(name, call.urn);
    const observation = await observe(desired, undefined, call.signal, { wasBegun });
    const applying = startRun(call, observation);
    const { observed } = observation;
    try {
        const planned = plan(desired, observed, undefined);
        if (planned.refusal !== undefined) throw new Error(planned.refusal);
        await apply(planned.steps, applying);
        const saved = toSaved(inputs, owner, name, nodesInState(desired, applying, undefined));
        return { id: name, saved: comparedAs(saved, await digestOf(desired, load(saved).nodes)) };
    } catch (error) {
        try {
            await undo(applying, observed, desired);
        } catch (failure) {
            const saved = toSaved(inputs, owner, name, nodesInState(desired, applying, undefined));
            throw new PartialFailureError([error, failure], name, saved);
        }
        if (inputs.__autoName === undefined && !wasBegun) await releaseName(name, call.urn);
        throw await withRestored(error, applying, desired.savedOnly.bootTimeout);
    }
}

/** Returns what Pulumi's state keeps of the nodes: what their pods just reported, or what it kept before. */
export function nodesInState(
    { nodes, owner }: DesiredKubernetes,
    { ready, nodes: observed }: Applying,
    previous: PreviousKubernetes | undefined,
): NodesInState {
    const each = nodes.map((node) => {
        const before = previous?.nodes.find(({ name }) => name === node.name);
        const found = observed.get(node.name);
        const report = ready.get(node.name);
        const namespace = found?.place?.namespace ?? "";
        const outputs =
            report !== undefined
                ? describeReady(node, namespace, report)
                : (before?.outputs ?? describeAbsent(node, namespace, "inactive", [], undefined));
        const { context, server } = found?.place ?? {};
        const place = context === undefined || server === undefined ? before?.place : { context, server, namespace };
        const foundClaims = before?.foundClaims ?? (found === undefined ? [] : claimsBefore(found, owner));
        return { name: node.name, outputs, place, foundClaims };
    });
    return {
        outputs: each.map(({ outputs }) => outputs),
        places: Object.fromEntries(each.flatMap(({ name, place }) => (place === undefined ? [] : [[name, place]]))),
        foundClaims: Object.fromEntries(each.map(({ name, foundClaims }) => [name, foundClaims])),
    };
}

/**
 * Returns the claims that existed before a new node and that do not become the node's claims. The claims of an adopted
 * StatefulSet do, and claims that an interrupted creation created.
 */
function claimsBefore({ workload, other, claims }: ObservedNode, owner: Owner): readonly string[] {
    const isOfNode = sameOwner(workload?.owner, owner) || [workload, other].some((found) => found?.hasStateClaims);
    return isOfNode ? [] : claims;
}
