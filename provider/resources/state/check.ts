/** Validates the arguments of a `BuildKitState` at preview. */
import * as v from "valibot";
import { failuresOfArchive, failuresOfPlace, restorePlaces } from "../../args/archiveLocation";
import { isTmpfs, tmpfsForgets } from "../../docker/engine/volume";
import { whyIllegalSize } from "../../docker/engine/volumeOptions";
import { failuresOfEndpoint, legalEndpoint, legalTls } from "../../args/endpoint";
import { withoutUnknown } from "../../args/unknown";
import { failuresOf, legalLabels, legalName, text } from "../../args/rules";
import type { CheckedArguments } from "../../bridges/lifecycle";
import { quote } from "../../text/quote";
import { defaultDriver } from "./desired";
import type { StateInputs } from "./inputs";

const texts = v.record(
    v.string(),
    v.string(({ input }) => `${quote(input)} is not text`),
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
} satisfies Record<Exclude<keyof StateInputs, `__${string}`>, v.GenericSchema>);

/** @param isNew whether the state does not exist yet. */
export async function checkState(news: StateInputs, isNew: boolean): Promise<CheckedArguments<StateInputs>> {
    const { restoreFrom } = news;
    const failures = [
        ...failuresOf(schema, { ...withoutUnknown(news) }),
        ...failuresOfPlace("restoreFrom", restoreFrom, restorePlaces),
    ];
    if (restoreFrom !== undefined && isTmpfs(news.volumeDriver ?? defaultDriver, news.volumeDriverOpts)) {
        const reason = `${tmpfsForgets}: leave restoreFrom out, or give the state another place with volumeDriverOpts`;
        failures.push({ property: "restoreFrom", reason });
    }
    const options = withoutUnknown(news).volumeDriverOpts;
    const isLocal = (news.volumeDriver ?? defaultDriver) === defaultDriver && typeof options === "object";
    const illegal = isLocal ? whyIllegalSize(options) : undefined;
    if (illegal) failures.push({ property: `volumeDriverOpts.${illegal.key}`, reason: illegal.reason });
    if (failures.length > 0) return { args: news, failures };
    // After the state is created, its archive is not needed any more and may have been removed.
    const ofArchive = isNew ? await failuresOfArchive("restoreFrom", restoreFrom) : [];
    return { args: news, failures: [...(await failuresOfEndpoint(news)), ...ofArchive] };
}
