/** The schemas of arguments that several builders have. */
import * as v from "valibot";
import { gcRule } from "../../args/gcRule";
import { legalName, onlyKeys } from "../../args/rules";
import { shown } from "../../buildkit/config";

/**
 * A list of nodes.
 *
 * @param rules the arguments of a node, except for its name.
 * @param example a list, for the message.
 */
export const legalNodes = (rules: v.ObjectEntries, example: string) =>
    v.pipe(
        v.array(
            v.pipe(
                v.looseObject({ ...rules, name: v.optional(legalName) }, "must be an object"),
                onlyKeys([...Object.keys(rules), "name"]),
            ),
            `must be a list of nodes, for example ${example}`,
        ),
        v.minLength(1, "must have at least one node"),
    );

const rule = v.pipe(
    v.looseObject(gcRule, 'must be a rule, for example { maxUsedSpace: "20GB" }'),
    onlyKeys(Object.keys(gcRule)),
    v.check(
        (given) => Object.keys(given).length > 0,
        "a rule without bounds would remove everything: must have at least one bound",
    ),
);

/** Garbage collection: one rule or a list. */
export const legalGc = v.lazy((value) =>
    Array.isArray(value) ? v.pipe(v.array(rule), v.minLength(1, "must have at least one rule")) : rule,
);

/** A configuration of buildkitd. Its content is validated separately. */
export const legalConfig = v.custom<string | object>(
    (config) => typeof config === "string" || (typeof config === "object" && !Array.isArray(config)),
    ({ input }) =>
        `${shown(input)} is not a valid configuration of buildkitd: must be the text of a buildkitd.toml or an object`,
);
