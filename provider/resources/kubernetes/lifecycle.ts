/** The lifecycle of a `KubernetesBuilder`: check, diff, create, read, update, delete. */
import { fillIn, unknown } from "../../args/unknown";
import type { Call, CheckedArguments, ComparedArguments, Difference, ExclusiveUse } from "../../bridges/lifecycle";
import { releaseName, reservedName } from "../../buildx/pendingNames";
import { logicalName } from "../../text/urn";
import { automaticName } from "../builder/automaticName";
import { differenceOf } from "../plan";
import type { KubernetesInputs } from "./args";
import { failuresOfKubernetes, nodeIndexes, warningsOfKubernetes } from "./check";
import { digestOf } from "./compared";
import { configFilesOf } from "./configFiles";
import { desiredKubernetes } from "./desired";
import { builderName } from "./nodeArgs";
import { observe } from "./observe";
import { plan } from "./plan";
import { load } from "./previous";
import { savedArguments, type SavedKubernetes } from "./saved";

/** Checks the arguments. Chooses names for a builder and for nodes that have no name. */
export async function check(
    call: Call,
    previous: KubernetesInputs | undefined,
    news: KubernetesInputs,
): Promise<CheckedArguments<KubernetesInputs>> {
    const { urn, previousUrn = urn } = call;
    const isFixed = news.keepState === true;
    const given = {
        ...news,
        ...(Array.isArray(news.nodes) && { __nodeIndexes: nodeIndexes(previous ?? {}, news.nodes) }),
    };
    // The name of the previous update is saved in Pulumi's state.
    if (previous !== undefined) await releaseName(builderName(previous), previousUrn);
    const named = async () =>
        previous?.__autoName ?? (await reservedName(urn)) ?? shortened(automaticName(urn, { isFixed }));
    const args = news.name === undefined ? { ...given, __autoName: await named() } : given;
    const failures = await failuresOfKubernetes(args);
    if (failures.length === 0) for (const warning of await warningsOfKubernetes(args)) await call.warn(warning);
    return { args, failures };
}

/** Names of objects in Kubernetes are shorter than those of buildx. The digits at the end stay. */
const shortened = (name: string): string => {
    const [, logical = "", digits = ""] = /^(.*)(-[^-]*)$/s.exec(name) ?? [];
    return `${logical.slice(0, 40)}${digits}`;
};

/** Returns the builder's name: two builders of one program cannot have one record. */
export async function exclusiveUses({ urn }: Pick<Call, "urn">, inputs: KubernetesInputs): Promise<ExclusiveUse[]> {
    if ((inputs.name as unknown) === unknown) return [];
    const name = builderName(inputs);
    const reason = (user: string) =>
        `"${name}" is already the name of KubernetesBuilder "${logicalName(user)}". Give "${logicalName(urn)}" another name`;
    return [{ key: `kubernetes builder ${name}`, property: "name", reason }];
}

/**
 * Plans the update from the saved builder to `news`. If nothing changed since the builder was last compared with its
 * cluster, no request is sent.
 */
export async function diff(
    call: Call,
    _id: string,
    olds: SavedKubernetes,
    news: KubernetesInputs,
): Promise<Difference> {
    const previous = load(olds);
    const known = fillIn(news, previous.args);
    const desired = desiredKubernetes(known, olds.__owner, await configFilesOf(known));
    if (olds.__compared !== undefined && olds.__compared === (await digestOf(desired, previous.nodes)))
        return differenceOf({ steps: [] }, { deleteBeforeReplace: true });
    const { observed } = await observe(desired, previous, call.signal);
    const planned = plan(desired, observed, previous);
    // A refresh also calls `diff` and must not fail. `update` fails with the refusal.
    if (planned.refusal !== undefined) await call.warn(planned.refusal);
    // The name is still taken by the old builder, in its cluster and in buildx's store.
    return differenceOf(planned, { deleteBeforeReplace: true });
}

/** Returns the saved arguments beside the new ones. Another name replaces the builder anyway. */
export const comparedArguments = (olds: SavedKubernetes, news: KubernetesInputs): ComparedArguments => ({
    before: { ...savedArguments(olds), name: news.name },
    after: news,
});

export { create } from "./create";
export { importBuilder as import } from "./import";
export { outputs, stableOutputs } from "./outputs";
export { read } from "./read";
export { remove as delete } from "./remove";
export { secretPaths } from "./saved";
export { update } from "./update";
