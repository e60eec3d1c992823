/** Validates the arguments of a `BuildKitState` at preview. */
import * as v from "valibot";
import { failuresOfArchive, failuresOfPlace, restorePlaces } from "../../args/archiveLocation";
import { isTmpfs, tmpfsForgets } from "../../docker/engine/volume";
import { whyIllegalSize } from "../../docker/engine/volumeOptions";
import { failuresOfEndpoint, legalEndpoint, legalTls } from "../../args/endpoint";
import { withoutUnknown } from "../../args/unknown";
import { failuresOf, legalLabels, legalName, text } from "../../args/rules";
import { quote } from "../../text/quote";
import type { Checked } from "../check";
import type { StateArguments } from "./args";
import { defaultDriver } from "./desired";

const texts = v.record(
    v.string(),
    v.string(({ input }) => `${quote(input)} is not a valid option: must be a string`),
);

const schema = v.looseObject({
    builderName: v.optional(legalName),
    node: v.optional(legalName),
    endpoint: v.optional(legalEndpoint),
    tls: v.optional(legalTls),
    volumeDriver: v.optional(text((value) => `${quote(value)} is not a valid volume driver: must be a name`)),
    volumeDriverOpts: v.optional(texts),
    labels: v.optional(legalLabels),
    restoreFrom: v.optional(v.unknown()), // checked below
} satisfies Record<keyof StateArguments, v.GenericSchema>);

/** @param previous the arguments of the previous update; `undefined` for a new state. */
export async function checkState(
    args: StateArguments,
    previous: StateArguments | undefined,
): Promise<Checked<StateArguments>> {
    const { restoreFrom, volumeDriver = defaultDriver } = args;
    const failures = [
        ...failuresOf(schema, { ...withoutUnknown(args) }),
        ...failuresOfPlace("restoreFrom", restoreFrom, restorePlaces),
    ];
    if (restoreFrom !== undefined && isTmpfs(volumeDriver, args.volumeDriverOpts)) {
        const reason =
            `not supported with a tmpfs volume: ${tmpfsForgets}. ` +
            "Remove restoreFrom, or set another location in volumeDriverOpts";
        failures.push({ property: "restoreFrom", reason });
    }
    const options = withoutUnknown(args).volumeDriverOpts;
    const isLocal = volumeDriver === defaultDriver && typeof options === "object";
    const illegal = isLocal ? whyIllegalSize(options) : undefined;
    if (illegal) failures.push({ property: `volumeDriverOpts.${illegal.key}`, reason: illegal.reason });
    if (failures.length === 0) {
        failures.push(...(await failuresOfEndpoint(args)));
        // After the state is created, its archive is not needed any more and may have been removed.
        if (previous === undefined) failures.push(...(await failuresOfArchive("restoreFrom", restoreFrom)));
    }
    return { args, failures, warnings: [] };
}
