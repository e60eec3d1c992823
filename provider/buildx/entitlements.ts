const entitlementFlag = "--allow-insecure-entitlement";
const networkHost = `${entitlementFlag}=network.host`;

/**
 * Returns the values of `--allow-insecure-entitlement` that buildx reads in `flags`. buildx's parser knows only this
 * flag and stops at the first other flag. buildx therefore ignores an entitlement after another flag (buildx:
 * `builder/builder.go`, `parseBuildkitdFlags`; spf13/pflag 1.0: `flag.go`, `parseArgs`).
 */
export function entitlementsReadByBuildx(flags: readonly string[]): string[] {
    const read: string[] = [];
    for (let index = 0; index < flags.length; index++) {
        const flag = flags[index] as string;
        if (!flag.startsWith("-") || flag === "-") continue; // not a flag: the parser continues after it
        if (flag.startsWith("-test.")) continue; // pflag skips Go's own test flags
        if (flag.startsWith(`${entitlementFlag}=`)) read.push(flag.slice(entitlementFlag.length + 1));
        else if (flag === entitlementFlag && index + 1 < flags.length) read.push(flags[++index] as string);
        else break;
    }
    return read;
}

/** Insecure entitlements of a configuration file, as far as buildx's default flag depends on them. */
export interface ConfiguredEntitlements {
    /** Whether the list includes `network.host`. */
    readonly networkHost?: boolean;
    /** Whether the list exists and is empty. */
    readonly none?: boolean;
}

/**
 * Returns buildkitd's arguments with the `network.host` entitlement if buildx would add it. buildx adds it if it reads
 * no entitlement in the arguments and the configuration does not include `network.host`. buildx also adds it if the
 * builder is on the host's network and the arguments do not include it (buildx: `builder/builder.go`,
 * `parseBuildkitdFlags`).
 *
 * Unlike buildx, this function adds no entitlement if the configuration has an explicit empty list and no argument
 * names an entitlement. buildx cannot disable all insecure entitlements (docker/setup-buildx-action#363).
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
