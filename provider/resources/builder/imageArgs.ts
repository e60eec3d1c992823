import * as pulumi from "@pulumi/pulumi";
import { normalizePlatform } from "../../text/platform";
import { missingPlatform } from "./missingPlatform";

/** Arguments that an image build gets from its builder. */
export interface ImageArgs<P extends string> {
    /** The builder, by its name. */
    builder: {
        /** Name of the builder. Unknown until the builder exists. */
        name: pulumi.Output<string>;
    };
    /** Platforms to build for. Each is unknown until the builder exists. */
    platforms: pulumi.Output<P>[];
}

/**
 * Returns the platform to build for, or the error message if the builder does not offer it.
 *
 * @param offered the platforms that the builder offers.
 * @param platform the requested platform. If `undefined`, the first platform that the builder offers is returned.
 */
export function choosePlatform<P extends string>(
    builder: string,
    offered: readonly string[],
    platform: P | undefined,
): { readonly platform: P } | { readonly reason: string } {
    if (platform === undefined) return { platform: offered[0] as P };
    if (offered.includes(normalizePlatform(platform))) return { platform };
    return { reason: missingPlatform(builder, [platform], offered) };
}

/**
 * Returns the arguments that an image build gets from its builder. The name and each platform are unknown until the
 * builder exists.
 *
 * @throws {RunError} if the builder exists and does not offer one of the platforms.
 */
export function imageArgsOf<P extends string>(
    builder: { readonly name: pulumi.Output<string>; readonly platforms: pulumi.Output<string[]> },
    platforms: readonly P[] | undefined,
): ImageArgs<P> {
    const wanted = platforms ?? [undefined];
    return {
        builder: { name: builder.name },
        platforms: wanted.map((platform) =>
            pulumi.all([builder.name, builder.platforms]).apply(([name, offered]) => {
                const chosen = choosePlatform(name, offered, platform);
                if ("reason" in chosen) throw new pulumi.RunError(chosen.reason);
                return chosen.platform;
            }),
        ),
    };
}
