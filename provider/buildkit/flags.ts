/** buildkitd's arguments (buildkit 0.34: `cmd/buildkitd`), read as buildkitd reads them (urfave/cli: `command_parse.go`). */
import { suggestion } from "../words";

const ofWorker = ["gc", "rootless", "selinux"];
const withValueOfWorker = ["apparmor-profile", "gc-keepstorage", "labels", "net", "platform", "snapshotter"];

/** Flags that take no value but `=true` and `=false`. */
const switches = new Set([
    ...["debug", "trace", "rootless", "proxy-network", "cdi-disabled", "save-cache-debug", "help", "h", "version", "v"],
    ...ofWorker.flatMap((name) => [`oci-worker-${name}`, `containerd-worker-${name}`]),
    ...["oci-worker-no-process-sandbox", "containerd-worker-hyperv-isolation"],
]);

/** Flags that take a value, in the same text behind `=` or in the next one. */
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
    /** Without dashes. */
    readonly name: string;
    /** `undefined` for none: it is a switch, or the last one and has none. */
    readonly value: string | undefined;
    /** Its place in the list. */
    readonly index: number;
    /** Its value is the next text. */
    readonly isApart: boolean;
}

export interface Flags {
    readonly flags: readonly Flag[];
    /** The places of texts that belong to no flag, which buildkitd passes over. */
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
            // A flag that is not known here may take the next text as its value, unless that is a flag itself.
            const next = args[index + 1];
            const isApart = next !== undefined && (withValue.has(name) || !next.startsWith("-"));
            flags.push({ name, value: isApart ? next : undefined, index, isApart });
            if (isApart) index++;
        }
    }
    return { flags, strays };
}

/**
 * Returns the flags that one text holds, as a list; `undefined` if it is one argument. A value may hold spaces, a flag's
 * name may not.
 */
export function severalIn(arg: string): string[] | undefined {
    const text = arg.trim();
    if (!text.startsWith("-")) return undefined;
    const isNameSplit = /^[^=\s]*\s/.test(text);
    const holdsFlag = [...text.matchAll(/\s--?([a-z][a-z-]*)(?=[=\s]|$)/g)].some(([, name]) => isKnown(name ?? ""));
    return isNameSplit || holdsFlag ? split(text) : undefined;
}

/** As a shell splits a line, with its quotes. */
const split = (text: string) =>
    (text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));

const isKnown = (name: string) => switches.has(name) || withValue.has(name);

/** What buildkitd is likely not to take or to pass over; a newer one than is known here may. */
export function doubtsOfFlags(args: readonly string[]): { index: number; reason: string }[] {
    const { flags, strays } = readFlags(args);
    const known = [...switches, ...withValue];
    return [
        ...strays.map((index) => ({
            index,
            reason: `"${args[index]}" is neither a flag nor the value of the one before, so that buildkitd passes over it`,
        })),
        ...flags
            .filter(({ name }) => !isKnown(name))
            .map(({ name, index }) => {
                const said = suggestion(name, known);
                const meant = said.startsWith("did you mean") ? `: ${said.replace("mean ", "mean --")}` : "";
                return { index, reason: `buildkitd v0.34 has no flag --${name}${meant}` };
            }),
        ...flags
            .filter(({ name, value }) => name === "allow-insecure-entitlement" && !isEntitlement(value))
            .map(({ value = "", index }) => ({
                index,
                reason:
                    `buildkitd v0.34 has no entitlement "${value}": it has network.host, security.insecure and device` +
                    (value.includes(",") ? ", each with a flag of its own" : ""),
            })),
    ];
}

const isEntitlement = (value: string | undefined) =>
    ["network.host", "security.insecure", "device"].includes(value ?? "");

/** What buildkitd ends with where it cannot read it, in the flag that bounds its cache. */
export const isKeepStorage = (value: string): boolean => /^\+?\d+(?:,\+?\d+){0,2}$/.test(value) || value === "";
