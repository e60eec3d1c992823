/** Validates the arguments of a `BuildKitStateArchive` at preview. */
import * as v from "valibot";
import { failuresOfEndpoint, legalEndpoint, legalTls } from "../../args/endpoint";
import { withoutUnknown } from "../../args/unknown";
import { failuresOf, legalName, seconds } from "../../args/rules";
import type { CheckedArguments } from "../../bridges/lifecycle";
import type { ArchiveInputs } from "./inputs";
import { archivePlaces, failuresOfPlace, whyNoImage } from "../../args/archiveLocation";

const schema = v.looseObject({
    state: v.optional(v.looseObject({}, "write the BuildKitState itself")),
    builderName: v.optional(legalName),
    node: v.optional(legalName),
    endpoint: v.optional(legalEndpoint),
    tls: v.optional(legalTls),
    to: v.optional(v.unknown()), // checked below
    triggers: v.optional(v.array(v.unknown(), "write a list of values, on whose change it is written again")),
    image: v.optional(
        v.pipe(
            v.unknown(),
            v.check(
                (value) => whyNoImage(value) === undefined,
                ({ input }) => whyNoImage(input) ?? "",
            ),
        ),
    ),
    drainTimeout: v.optional(seconds({ min: 0 })),
} satisfies Record<Exclude<keyof ArchiveInputs, `__${string}`>, v.GenericSchema>);

export async function checkArchive(news: ArchiveInputs): Promise<CheckedArguments<ArchiveInputs>> {
    const { state, builderName, node, to } = news;
    const failures = [...failuresOf(schema, { ...withoutUnknown(news) }), ...failuresOfPlace("to", to, archivePlaces)];
    if (to === undefined)
        failures.push({ property: "to", reason: "it is needed: the path of a file, or { image: name }" });
    if (state === undefined && builderName === undefined && node === undefined)
        failures.push({ property: "state", reason: "which state? Give a BuildKitState as state, or its builderName" });
    if (failures.length > 0) return { args: news, failures };
    return { args: news, failures: await failuresOfEndpoint(news, { isAll: state === undefined }) };
}
