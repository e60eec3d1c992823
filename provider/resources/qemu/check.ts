/** Validates the arguments of a `QemuEmulation` at preview. */
import * as v from "valibot";
import { failuresOfEndpoint, legalEndpoint, legalTls } from "../../args/endpoint";
import { legalImage, legalPull } from "../../args/image";
import { withoutUnknown } from "../../args/unknown";
import { failuresOf, text } from "../../args/rules";
import type { CheckedArguments } from "../../bridges/lifecycle";
import { quote, didYouMean } from "../../text/quote";
import { architectureOf, architectures } from "./architectures";
import { defaultImage, type QemuInputs } from "./inputs";

const platform = v.pipe(
    text((value) => `${quote(value)} is not a valid platform: must be a string, for example "linux/arm64" or "arm64"`),
    v.check(
        (value) => architectureOf(value) !== undefined,
        ({ input }) => `"${input}" is no platform that can be emulated: ${instead(input)}`,
    ),
);

function instead(asked: string): string {
    const [first = "", second] = asked.trim().toLowerCase().split("/");
    if (second !== undefined && first !== "linux") return 'QEMU runs programs of Linux, such as "linux/arm64"';
    return didYouMean(second ?? first, architectures);
}

const schema = v.looseObject({
    platforms: v.optional(
        v.pipe(
            v.array(platform, ({ input }) => `${quote(input)} is no list of platforms: write ["linux/arm64"]`),
            v.minLength(1, "name one platform at least, or leave it out for all that the image has"),
        ),
    ),
    endpoint: v.optional(legalEndpoint),
    tls: v.optional(legalTls),
    image: v.optional(legalImage(defaultImage)),
    pull: v.optional(legalPull),
} satisfies Record<Exclude<keyof QemuInputs, `__${string}`>, v.GenericSchema>);

export async function checkEmulation(news: QemuInputs): Promise<CheckedArguments<QemuInputs>> {
    const known = withoutUnknown(news);
    // If no element of the list is known yet, no element is left here. That is not an empty list.
    const { platforms, ...others } = known;
    const isWholly = platforms?.length === news.platforms?.length;
    const failures = failuresOf(schema, { ...others, ...((isWholly || platforms?.length) && { platforms }) });
    if (failures.length > 0) return { args: news, failures };
    return { args: news, failures: await failuresOfEndpoint(news) };
}
