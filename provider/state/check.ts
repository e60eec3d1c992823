/** What can be known at preview to be wrong with a state's arguments. */
import type { CheckResult } from "@pulumi/pulumi/dynamic";
import * as v from "valibot";
import { withoutUnknown } from "../pulumi/unknown";
import { failuresOf, legalName, said, text, textThat } from "../pulumi/validation";
import type { StateInputs } from "./inputs";

const texts = v.record(
    v.string(),
    v.string(({ input }) => `${said(input)} is not text`),
);

const schema = v.looseObject({
    builderName: v.optional(legalName),
    node: v.optional(legalName),
    endpoint: v.optional(textThat((value) => value.trim() !== "", "a docker context's name or a host")),
    volumeDriver: v.optional(text("a volume driver's name")),
    volumeDriverOpts: v.optional(texts),
    labels: v.optional(texts),
});

export function checkState(news: StateInputs): CheckResult<StateInputs> {
    return { inputs: news, failures: failuresOf(schema, { ...withoutUnknown(news) }) };
}
