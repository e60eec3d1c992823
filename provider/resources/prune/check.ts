/** Validates the arguments of a `BuildKitPrune` at preview. */
import * as v from "valibot";
import { doubtsOfRules, gcRule } from "../../args/gcRule";
import { withoutUnknown } from "../../args/unknown";
import { failuresOf, legalName } from "../../args/rules";
import type { Checked } from "../check";
import type { PruneArguments } from "./args";

const noShare = v.optional(
    v.pipe(
        v.any(),
        v.check(
            (size) => !/%$/.test(String(size)),
            'a percentage is valid only in gc: must be a number of bytes or a size, for example "20GB"',
        ),
    ),
);

const schema = v.looseObject({
    ...gcRule,
    builderName: v.optional(legalName),
    triggers: v.optional(v.array(v.any(), "must be a list of values")),
} satisfies Record<keyof PruneArguments, v.GenericSchema>);

const sizes = v.looseObject({ reservedSpace: noShare, maxUsedSpace: noShare, minFreeSpace: noShare });

export async function checkPrune(args: PruneArguments): Promise<Checked<PruneArguments>> {
    const given = { ...withoutUnknown(args), triggers: Array.isArray(args.triggers) ? args.triggers : undefined };
    const failures = failuresOf(schema, given);
    const { issues = [] } = v.safeParse(sizes, given);
    failures.push(...issues.map(({ path, message }) => ({ property: String(path?.[0].key), reason: message })));
    if (args.builderName === undefined)
        failures.unshift({ property: "builderName", reason: "required: the name of the builder to prune" });
    return { args, failures, warnings: doubtsOfRules([args], () => "") };
}
