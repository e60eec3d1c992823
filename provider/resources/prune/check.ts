import * as v from "valibot";
import { doubtsOfRules, gcRule } from "../../args/gcRule";
import { withoutUnknown } from "../../args/unknown";
import { failuresOf, legalName } from "../../args/rules";
import type { CheckedArguments } from "../../bridges/lifecycle";
import type { PruneInputs } from "./inputs";

const noShare = v.optional(
    v.pipe(
        v.any(),
        v.check(
            (size) => !/%$/.test(String(size)),
            "a share of the disk is for gc alone: write a number of bytes or a size",
        ),
    ),
);

const schema = v.looseObject({
    ...gcRule,
    builderName: v.optional(legalName),
    triggers: v.optional(v.array(v.any(), "write a list of values")),
} satisfies Record<Exclude<keyof PruneInputs, `__${string}`>, v.GenericSchema>);

const sizes = v.looseObject({ reservedSpace: noShare, maxUsedSpace: noShare, minFreeSpace: noShare });

export function checkPrune(news: PruneInputs): CheckedArguments<PruneInputs> {
    const known = { ...withoutUnknown(news), triggers: Array.isArray(news.triggers) ? news.triggers : undefined };
    const failures = failuresOf(schema, known);
    const { issues = [] } = v.safeParse(sizes, known);
    const ofSizes = issues.map(({ path, message }) => ({ property: String(path?.[0].key), reason: message }));
    const missing = news.builderName === undefined ? [{ property: "builderName", reason: "which builder?" }] : [];
    return { args: news, failures: [...missing, ...failures, ...ofSizes] };
}

/** Returns warnings about arguments that are valid but probably a mistake, each with its property. */
export const warningsOfPrune = (news: PruneInputs): string[] => doubtsOfRules([news], () => "");
