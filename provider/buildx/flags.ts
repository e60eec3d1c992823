const entitlementFlag = "--allow-insecure-entitlement";
const networkHost = `${entitlementFlag}=network.host`;

/** The values that `--allow-insecure-entitlement` is given in `flags`, in either of its two spellings. */
function insecureEntitlements(flags: readonly string[]): string[] {
    return flags.flatMap((flag, index) => {
        if (flag.startsWith(`${entitlementFlag}=`)) return [flag.slice(entitlementFlag.length + 1)];
        const value = flags[index + 1];
        return flag === entitlementFlag && value !== undefined ? [value] : [];
    });
}

/**
 * buildkitd's arguments with what buildx adds to them: the `network.host` entitlement where the arguments name none and
 * the configuration does not have it, or where the builder itself is on the host's network (buildx: `builder/builder.go`,
 * `parseBuildkitdFlags`).
 */
export function withDefaultEntitlement(
    flags: readonly string[],
    network: string | undefined,
    hostNetworkInConfig = false,
): string[] {
    const entitlements = insecureEntitlements(flags);
    const missing =
        network === "host" ? !entitlements.includes("network.host") : entitlements.length === 0 && !hostNetworkInConfig;
    return missing ? [...flags, networkHost] : [...flags];
}
