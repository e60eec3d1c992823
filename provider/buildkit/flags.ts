/**
 * Parses arguments of buildkitd (buildkit 0.34: `cmd/buildkitd`) as buildkitd does (urfave/cli: `command_parse.go`).
 */
import { didYouMean } from "../text/quote";

const ofWorker = ["gc", "rootless", "selinux"];
const withValueOfWorker = ["apparmor-profile", "gc-keepstorage", "labels", "net", "platform", "snapshotter"];

/** Flags whose only values are `=true` and `=false`. */
const switches = new Set([
    ...["debug", "trace", "rootless", "proxy-network", "cdi-disabled", "save-cache-debug", "help", "h", "version", "v"],
    ...ofWorker.flatMap((name) => [`oci-worker-${name}`, `containerd-worker-${name}`]),
    ...["oci-worker-no-process-sandbox", "containerd-worker-hyperv-isolation"],
]);

/** Flags with a value, after `=` in the same argument or in the next argument. */
const withValue = new Set([
    ...["config", "root", "addr", "log-format", "log-level", "group", "debugaddr", "tlscert", "tlskey", "tlscacert"],
    ...["allow-insecure-entitlement", "otel-socket-path", "cdi-spec-dir", "oci-worker", "containerd-worker"],
    ...withValueOfWorker.flatMap((name) => [`oci-worker-${name}`, `containerd-worker-${name}`]),
    ...["oci-worker-proxy-snapshotter-path", "oci-worker-binary"],
    ...["containerd-worker-addr", "containerd-worker-namespace", "containerd-worker-runtime"],
    ...["cni-config-path", "cni-binary-dir", "cni-pool-size", "max-parallelism"].flatMap((name) => [
        `oci-${name}`,
        `containerd-${name}`,
    ]),
    ...["cpu", "memory", "memoryrate", "block", "mutex", "trace"].map((name) => `profile-${name}`),
]);

export interface Flag {
    /** Name of the flag, without dashes. */
    readonly name: string;
    /** Value of the flag. `undefined` if the flag is a switch, or is the last argument and has no value. */
    readonly value: string | undefined;
    /** Index of the flag in the list of arguments. */
    readonly index: number;
    /** Whether the value is the next argument. */
    readonly isApart: boolean;
}

export interface Flags {
    readonly flags: readonly Flag[];
    /** Indexes of arguments that belong to no flag. buildkitd ignores them. */
    readonly strays: readonly number[];
}

export function readFlags(args: readonly string[]): Flags {
    const flags: Flag[] = [];
    const strays: number[] = [];
    for (let index = 0; index < args.length; index++) {
        const arg = (args[index] as string).trim();
        const [, name, , behind] = /^--?([^-=\s][^=]*)(=([\s\S]*))?$/.exec(arg) ?? [];
        if (name === undefined) {
            strays.push(index);
        } else if (behind !== undefined || switches.has(name)) {
            flags.push({ name, value: behind, index, isApart: false });
        } else {
            // An unknown flag may take the next argument as its value, unless that argument is a flag.
            const next = args[index + 1];
            const isApart = next !== undefined && (withValue.has(name) || !next.startsWith("-"));
            flags.push({ name, value: isApart ? next : undefined, index, isApart });
            if (isApart) index++;
        }
    }
    return { flags, strays };
}

/**
 * Returns the separate flags if one text contains several; `undefined` if the text is one argument. A value may contain
 * spaces, but the name of a flag may not.
 */
export function severalIn(arg: string): string[] | undefined {
    const text = arg.trim();
    if (!text.startsWith("-")) return undefined;
    const isNameSplit = /^[^=\s]*\s/.test(text);
    const holdsFlag = [...text.matchAll(/\s--?([a-z][a-z-]*)(?=[=\s]|$)/g)].some(([, name]) => isKnown(name ?? ""));
    return isNameSplit || holdsFlag ? split(text) : undefined;
}

/** Splits a line as a shell does, including quotes. */
const split = (text: string) =>
    (text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));

const isKnown = (name: string) => switches.has(name) || withValue.has(name);

/** Returns arguments that buildkitd probably rejects or ignores. A newer buildkitd may accept them. */
export function doubtsOfFlags(args: readonly string[]): { index: number; reason: string }[] {
    const { flags, strays } = readFlags(args);
    const known = [...switches, ...withValue];
    return [
        ...strays.map((index) => ({
            index,
            reason: `"${args[index]}" is neither a flag nor the value of the previous flag: buildkitd ignores it`,
        })),
        ...flags
            .filter(({ name }) => !isKnown(name))
            .map(({ name, index }) => {
                const hint = didYouMean(name, known);
                const meant = hint.startsWith("did you mean") ? `: ${hint.replace("mean ", "mean --")}` : "";
                return { index, reason: `buildkitd v0.34 does not support the flag --${name}${meant}` };
            }),
        ...flags
            .filter(({ name, value }) => name === "allow-insecure-entitlement" && !isEntitlement(value))
            .map(({ value = "", index }) => ({
                index,
                reason:
                    `"${value}" is not a valid entitlement of buildkitd v0.34: must be network.host, security.insecure or device` +
                    (value.includes(",") ? ". Use a separate flag for each entitlement" : ""),
            })),
    ];
}

const isEntitlement = (value: string | undefined) =>
    ["network.host", "security.insecure", "device"].includes(value ?? "");

/** Whether buildkitd can read a value of the flag that limits its cache. If it cannot, buildkitd exits. */
export const isKeepStorage = (value: string): boolean => /^\+?\d+(?:,\+?\d+){0,2}$/.test(value) || value === "";
