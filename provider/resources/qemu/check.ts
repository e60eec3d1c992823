/** Validates the arguments of a `QemuEmulation` at preview. */
import * as v from "valibot";
import { failuresOfEndpoint, legalEndpoint, legalTls } from "../../args/endpoint";
import { legalImage, legalPull } from "../../args/image";
import { withoutUnknown } from "../../args/unknown";
import { failuresOf, text } from "../../args/rules";
import { quote, didYouMean } from "../../text/quote";
import type { Checked } from "../check";
import { defaultImage, type EmulationArguments } from "./args";
import { architectureOf, architectures } from "./architectures";

const legalPlatform = v.pipe(
    text((value) => `${quote(value)} is not a valid platform: must be a string, for example "linux/arm64" or "arm64"`),
    v.check(
        (value) => architectureOf(value) !== undefined,
        ({ input }) => `"${input}" is not a platform that QEMU can emulate: ${instead(input)}`,
    ),
);

/** Returns what to write instead of a platform that is not valid. */
function instead(platform: string): string {
    const [first = "", second] = platform.trim().toLowerCase().split("/");
    if (second !== undefined && first !== "linux") return 'must be a Linux platform, for example "linux/arm64"';
    return didYouMean(second ?? first, architectures);
}

const schema = v.looseObject({
    platforms: v.optional(
        v.pipe(
            v.array(
                legalPlatform,
                ({ input }) =>
                    `${quote(input)} is not a list of platforms: must be a list, for example ["linux/arm64"]`,
            ),
            v.minLength(1, "must name at least one platform. Remove it to register every emulator that the image has"),
        ),
    ),
    endpoint: v.optional(legalEndpoint),
    tls: v.optional(legalTls),
    image: v.optional(legalImage(defaultImage)),
    pull: v.optional(legalPull),
} satisfies Record<keyof EmulationArguments, v.GenericSchema>);

export async function checkEmulation(args: EmulationArguments): Promise<Checked<EmulationArguments>> {
    // If no element of the list is known yet, no element is left here. That is not an empty list.
    const { platforms, ...others } = withoutUnknown(args);
    const isWholly = platforms?.length === args.platforms?.length;
    const failures = failuresOf(schema, { ...others, ...((isWholly || platforms?.length) && { platforms }) });
    if (failures.length === 0) failures.push(...(await failuresOfEndpoint(args)));
    return { args, failures, warnings: [] };
}
