/** Validates the arguments of a `BuildKitStateArchive` at preview. */
import * as v from "valibot";
import { archivePlaces, failuresOfPlace, whyNoImage } from "../../args/archiveLocation";
import { failuresOfEndpoint, legalEndpoint, legalTls } from "../../args/endpoint";
import { failuresOf, legalName, seconds } from "../../args/rules";
import { withoutUnknown } from "../../args/unknown";
import type { Checked } from "../check";
import type { ArchiveArguments } from "./args";

const schema = v.looseObject({
    state: v.optional(v.looseObject({}, "must be a BuildKitState")),
    builderName: v.optional(legalName),
    node: v.optional(legalName),
    endpoint: v.optional(legalEndpoint),
    tls: v.optional(legalTls),
    to: v.optional(v.unknown()), // checked below
    triggers: v.optional(
        v.array(v.unknown(), "must be a list of values. If one of them changes, the archive is written again"),
    ),
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
} satisfies Record<keyof ArchiveArguments, v.GenericSchema>);

export async function checkArchive(args: ArchiveArguments): Promise<Checked<ArchiveArguments>> {
    const { state, builderName, node, to } = args;
    const failures = [...failuresOf(schema, { ...withoutUnknown(args) }), ...failuresOfPlace("to", to, archivePlaces)];
    if (to === undefined) failures.push({ property: "to", reason: "required: the path of a file, or { image: name }" });
    if (state === undefined && builderName === undefined && node === undefined)
        failures.push({ property: "state", reason: "required: a BuildKitState, or its builderName instead of state" });
    if (failures.length === 0) failures.push(...(await failuresOfEndpoint(args, { isAll: state === undefined })));
    return { args, failures, warnings: [] };
}
