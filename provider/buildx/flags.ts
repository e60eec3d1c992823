const entitlementFlag = "--allow-insecure-entitlement";
const networkHost = `${entitlementFlag}=network.host`;

/**
 * Returns the values of `--allow-insecure-entitlement` that buildx reads in `flags`. Its parser knows this one flag and
 * stops at the first other flag, so that buildx does not see an entitlement behind it (buildx: `builder/builder.go`,
 * `parseBuildkitdFlags`; spf13/pflag 1.0: `flag.go`, `parseArgs`).
 */
export function entitlementsReadByBuildx(flags: readonly string[]): string[] {
    const read: string[] = [];
    for (let index = 0; index < flags.length; index++) {
        const flag = flags[index] as string;
        if (!flag.startsWith("-") || flag === "-") continue; // not a flag: the parser goes on behind it
        if (flag.startsWith("-test.")) continue; // pflag leaves these to Go's own test flags
        if (flag.startsWith(`${entitlementFlag}=`)) read.push(flag.slice(entitlementFlag.length + 1));
        else if (flag === entitlementFlag && index + 1 < flags.length) read.push(flags[++index] as string);
        else break;
    }
    return read;
}

/** What a configuration file says of insecure entitlements, as far as buildx's default flag depends on it. */
export interface ConfiguredEntitlements {
    /** The list names `network.host`. */
    readonly networkHost?: boolean;
    /** The list is there and empty. */
    readonly none?: boolean;
}

/**
 * Returns buildkitd's arguments with what buildx adds to them: the `network.host` entitlement if buildx reads none in the
 * arguments and the configuration does not name it, or if the builder itself is on the host's network (buildx:
 * `builder/builder.go`, `parseBuildkitdFlags`).
 *
 * Unlike buildx, an explicit empty list in the configuration is kept as it is if no argument names an entitlement: buildx
 * has no way to have no insecure entitlement at all (docker/setup-buildx-action#363).
 */
export function withDefaultEntitlement(
    flags: readonly string[],
    network: string | undefined,
    { networkHost: isInConfig = false, none = false }: ConfiguredEntitlements = {},
): string[] {
    if (none && !flags.some((flag) => flag === entitlementFlag || flag.startsWith(`${entitlementFlag}=`))) {
        return [...flags];
    }
    const entitlements = entitlementsReadByBuildx(flags);
    const isMissing =
        network === "host" ? !entitlements.includes("network.host") : entitlements.length === 0 && !isInConfig;
    return isMissing ? [...flags, networkHost] : [...flags];
}
