/** What can be known at preview to be wrong with a state's arguments. */
import type { CheckResult } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { failuresOfEndpoint, legalEndpoint, legalTls } from "../pulumi/endpointArguments";
import { withoutUnknown } from "../pulumi/unknown";
import { failuresOf, legalName, text } from "../pulumi/validation";
import { said } from "../words";
import type { StateInputs } from "./inputs";

const texts = v.record(
    v.string(),
    v.string(({ input }) => `${said(input)} is not text`),
);

const schema = v.looseObject({
    builderName: v.optional(legalName),
    node: v.optional(legalName),
    endpoint: v.optional(legalEndpoint),
    tls: v.optional(legalTls),
    volumeDriver: v.optional(text("a volume driver's name")),
    volumeDriverOpts: v.optional(texts),
    labels: v.optional(texts),
});

export async function checkState(news: StateInputs): Promise<CheckResult<StateInputs>> {
    const failures = failuresOf(schema, { ...withoutUnknown(news) });
    if (failures.length > 0) return { inputs: news, failures };
    return { inputs: news, failures: await failuresOfEndpoint(news) };
}
