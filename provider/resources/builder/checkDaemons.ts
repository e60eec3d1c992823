/** Checks the arguments, the configuration and the environment of each node's buildkitd together, for any driver. */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import { configFlags } from "../../buildkit/config/files";
import type { Table } from "../../buildkit/config";
import { doubtsOfFlags, type Flag, isKeepStorage, readFlags, severalIn } from "../../buildkit/flags";
import { isInStateFolder, outsideOfState } from "../../buildkit/stateFolder";
import { hasUnknown } from "../../args/unknown";
import { quote } from "../../text/quote";

/** The default socket of `buildctl` in the container. buildx connects through `buildctl`. */
const ownSocket = "unix:///run/buildkit/buildkitd.sock";

/** containerd's socket in BuildKit's defaults. BuildKit's images have no containerd. */
const containerdSocket = "/run/containerd/containerd.sock";

/** A node's arguments, with the builder's arguments as defaults, and the property of each. */
export interface DaemonArguments {
    readonly flags: readonly string[];
    readonly config: Table | undefined;
    readonly env: Readonly<Record<string, string>>;
    readonly image: string;
    /** The argument that requires the driver's own configuration file; `undefined` if none does. */
    readonly needsConfig: "buildkitdConfig" | "gc" | undefined;
    readonly hasGc: boolean;
    readonly at: (key: "buildkitdFlags" | "env", ...path: (string | number)[]) => string;
    /** Returns an error at its property. A configuration given as a string is one property: the reason has the key. */
    readonly inConfig: (path: string[], reason: string) => CheckFailure;
}

export function failuresOfDaemons(each: readonly DaemonArguments[]): CheckFailure[] {
    const failures = each.flatMap((daemon) => [
        ...severalFlags(daemon),
        ...(hasUnknown(daemon.flags) ? [] : failuresOfFlags(daemon)),
        ...failuresOfWorkers(daemon),
        ...failuresOfAddress(daemon),
    ]);
    return withoutRepeats(failures);
}

/** Returns warnings about settings that buildkitd may accept but are probably not intended, each with its property. */
export function warningsOfDaemons(each: readonly DaemonArguments[]): string[] {
    const warnings = each.flatMap(({ flags, at, config, inConfig }) => {
        const ofFlags = hasUnknown(flags)
            ? []
            : doubtsOfFlags(flags).map(({ index, reason }) => `${at("buildkitdFlags", index)}: ${reason}`);
        return [...ofFlags, ...lostEntitlements({ flags, config, inConfig })];
    });
    return [...new Set(warnings)];
}

const withoutRepeats = (failures: CheckFailure[]) => [
    ...new Map(failures.map((failure) => [`${failure.property}\n${failure.reason}`, failure])).values(),
];

/** Reports strings that hold several flags. buildkitd would read the string as one flag with an unknown name. */
const severalFlags = ({ flags, at }: DaemonArguments): CheckFailure[] => {
    const values = new Set(readFlags(flags).flags.flatMap(({ index, isApart }) => (isApart ? [index + 1] : [])));
    return flags.flatMap((flag, index) => {
        const several = values.has(index) ? undefined : severalIn(flag);
        if (several === undefined) return [];
        const list = several.map((each) => JSON.stringify(each)).join(", ");
        const reason = `${quote(flag)} contains several arguments of buildkitd: write each argument as a separate string: ${list}`;
        return [{ property: at("buildkitdFlags", index), reason }];
    });
};

function failuresOfFlags({ flags: args, hasGc, needsConfig, at }: DaemonArguments): CheckFailure[] {
    const { flags } = readFlags(args);
    const failure = ({ index }: Flag, reason: string): CheckFailure => ({
        property: at("buildkitdFlags", index),
        reason,
    });
    const last = (name: string) => flags.findLast((flag) => flag.name === name);
    const [root, config] = [last("root"), last("config")];
    const ofGc = flags.find(({ name }) => /^(?:oci|containerd)-worker-gc(?:-keepstorage)?$/.test(name));
    const illegal = flags.filter(({ name, value }) => name.endsWith("-gc-keepstorage") && !isKeepStorage(value ?? ""));
    const [, ownConfig] = configFlags;
    return [
        ...(root?.value !== undefined && !isInStateFolder(root.value)
            ? [failure(root, `"${root.value}" is not a valid root: ${outsideOfState}`)]
            : []),
        ...(config?.value !== undefined && config.value !== ownConfig && needsConfig !== undefined
            ? [
                  failure(
                      config,
                      `conflicts with ${needsConfig}, which buildkitd does not read if it has another configuration file: remove one of them`,
                  ),
              ]
            : []),
        ...(hasGc && ofGc
            ? [
                  {
                      property: "gc",
                      reason: `conflicts with the garbage collection in buildkitdFlags (--${ofGc.name}): remove one of them`,
                  },
              ]
            : []),
        ...illegal.map((flag) =>
            failure(
                flag,
                `${quote(flag.value)} is not a valid limit: must be a number of megabytes, or two or three numbers, for example "20000"`,
            ),
        ),
    ];
}

function failuresOfWorkers({ flags: args, config, at, inConfig }: DaemonArguments): CheckFailure[] {
    const { oci, containerd } = (config?.worker ?? {}) as Record<"oci" | "containerd", Worker | undefined>;
    const flags = hasUnknown(args) ? [] : readFlags(args).flags;
    const switched = (name: string) => flags.findLast((flag) => flag.name === name);
    const address = switched("containerd-worker-addr")?.value ?? containerd?.address ?? containerdSocket;
    if (address.replace(/^unix:\/\//, "") !== containerdSocket) return []; // the image has its own containerd
    const why = "which BuildKit's images do not have, so buildkitd would not boot";
    const isOn = (flag: Flag | undefined) => flag !== undefined && /^(?:1|t|true)$/i.test(flag.value ?? "");
    const isOff = (flag: Flag | undefined) => flag !== undefined && /^(?:0|f|false)$/i.test(flag.value ?? "");
    const [ofContainerd, ofOci] = [switched("containerd-worker"), switched("oci-worker")];
    const needed = ofContainerd ? isOn(ofContainerd) : containerd?.enabled === true;
    const lost = ofOci ? isOff(ofOci) : oci?.enabled === false;
    const failure = (flag: Flag | undefined, kind: string, reason: string) =>
        flag ? { property: at("buildkitdFlags", flag.index), reason } : inConfig(["worker", kind, "enabled"], reason);
    if (needed) {
        const reason = `this worker requires containerd in the container, ${why}. Remove the setting, or set containerd's address`;
        return [failure(ofContainerd, "containerd", reason)];
    }
    const reason = "without this worker, buildkitd has no worker and would not boot. Remove the setting";
    return lost ? [failure(ofOci, "oci", reason)] : [];
}

interface Worker {
    readonly enabled?: boolean;
    readonly address?: string;
}

/** Reports addresses of buildkitd that do not include the address that buildx connects to. */
function failuresOfAddress({ flags: args, config, env, image, at, inConfig }: DaemonArguments): CheckFailure[] {
    if (hasUnknown(args) || hasUnknown(env.BUILDKIT_HOST) || /rootless/.test(image)) return []; // another socket
    const given = readFlags(args).flags.filter(({ name }) => name === "addr");
    const configured = ((config?.grpc ?? {}) as { address?: string[] }).address ?? [];
    const addresses = given.length > 0 ? given.map(({ value = "" }) => value) : configured;
    const reached = env.BUILDKIT_HOST ?? ownSocket;
    const isReached = (address: string) =>
        reached.startsWith("unix:") ? plain(address) === plain(reached) : !address.startsWith("unix:");
    if ((addresses.length > 0 ? addresses : [ownSocket]).some(isReached)) return [];
    const reason =
        `buildx connects to buildkitd only through ${reached}, which is not among its addresses, so the builder would ` +
        `never respond: add "${reached}"`;
    const [first] = given;
    if (first) return [{ property: at("buildkitdFlags", first.index), reason }];
    if (configured.length > 0) return [inConfig(["grpc", "address"], reason)];
    return [{ property: at("env", "BUILDKIT_HOST"), reason: `${reason} to buildkitdConfig.grpc.address` }];
}

/** Returns one spelling of an address: `/var/run` is `/run` in BuildKit's images, and repeated slashes are one. */
const plain = (address: string) => address.replace(/\/{2,}/g, "/").replace(/^unix:\/var\/run\//, "unix:/run/");

/** Reports entitlements that are lost: any flag, also buildx's default one, replaces the configuration's whole list. */
function lostEntitlements({
    flags,
    config,
    inConfig,
}: Pick<DaemonArguments, "flags" | "config" | "inConfig">): string[] {
    const list = config?.["insecure-entitlements"];
    if (!Array.isArray(list) || hasUnknown(flags)) return [];
    const named = readFlags(flags).flags.filter(({ name }) => name === "allow-insecure-entitlement");
    const isDefault = named.length === 0;
    if (isDefault && list.includes("network.host")) return [];
    const kept = isDefault ? ["network.host"] : named.map(({ value = "" }) => value);
    const lost = (list as string[]).filter((each) => !kept.includes(each)).join(", ");
    if (lost === "") return [];
    const reason =
        `${isDefault ? "buildx's default flag for network.host" : "the flag in buildkitdFlags"} replaces the ` +
        `whole list, so ${lost} is not allowed: ${isDefault ? 'add "network.host" here' : "add a flag for it"}`;
    const warning = inConfig(["insecure-entitlements"], reason);
    return [`${warning.property}: ${warning.reason}`];
}
