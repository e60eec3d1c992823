/**
 * Arguments of buildkitd in all orders and spellings that matter to buildx's default flag. `true`: buildx adds the
 * flag.
 */
export const entitlementFlags: readonly [flags: string[], isAdded: boolean][] = [
    [[], true],
    [["--debug"], true],
    [["--allow-insecure-entitlement=security.insecure"], false],
    [["--allow-insecure-entitlement", "security.insecure"], false],
    [["--allow-insecure-entitlement=network.host", "--debug"], false],
    [["--debug", "--allow-insecure-entitlement=security.insecure"], true],
    [["--debug", "--allow-insecure-entitlement", "network.host"], true],
    [["--allow-insecure-entitlement=device", "--debug", "--allow-insecure-entitlement=network.host"], false],
    [["--oci-max-parallelism", "2", "--allow-insecure-entitlement=network.host"], true],
    [["stray", "--allow-insecure-entitlement=security.insecure"], false],
    [["stray", "--debug", "--allow-insecure-entitlement=security.insecure"], true],
    [["--", "--allow-insecure-entitlement=security.insecure"], true],
    [["-", "--allow-insecure-entitlement=security.insecure"], false],
    [["-allow-insecure-entitlement=security.insecure"], true],
    [["-d", "--allow-insecure-entitlement=security.insecure"], true],
    [["-test.v", "--allow-insecure-entitlement=security.insecure"], false],
    [["--help", "--allow-insecure-entitlement=security.insecure"], true],
    [["--allow-insecure-entitlement"], true],
    [["--allow-insecure-entitlement="], false],
    [["--allow-insecure-entitlement", "--debug"], false],
    [["--Allow-Insecure-Entitlement=security.insecure"], true],
];
