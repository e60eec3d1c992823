import { driver } from "../../../provider/buildx/store";
import type { EngineFacts, Machine } from "../../machine/facts";
import type { HostFacts } from "../../machine/host";
import { asRoot, dockerAt, quote } from "../../format/shell";
import { type Finding, type Fix, finding } from "../finding";

/** The API version of Docker 19.03, the oldest Docker that supports buildx as a plugin. */
const oldestApi = [1, 40] as const;

/** Returns the engines that cannot be queried or are too old. */
export function checkEngines({ store, engines }: Machine, host: HostFacts): Finding[] {
    return engines.flatMap((engine): Finding[] => {
        const { error, addresses, isCurrent } = engine;
        const subject = addresses[0] ?? engine.host;
        if (error === undefined) return checkAge(engine, subject);
        const builders = store.records
            .filter((record) => record.driver === driver)
            .filter(({ nodes }) => nodes.some(({ address }) => addresses.includes(address)))
            .map(({ name }) => name);
        const users = [...(isCurrent ? ["the docker CLI"] : []), ...builders.map((name) => `builder "${name}"`)];
        const found = `${error.message} (used by ${users.join(", ")})`;
        const mends = [...fixesFor(engine, host), ...builders.map(recordRemoval)];
        return [finding(kinds[error.kind], subject || "docker", found, ...mends)];
    });
}

const kinds = {
    context: "context-missing",
    permission: "engine-permission",
    silent: "engine-unreachable",
    unusable: "engine-unusable",
} as const;

const recordRemoval = (builder: string): Fix => ({
    what: `if the engine is permanently gone, remove builder "${builder}" (the command reports an error for the engine, and removes it)`,
    command: `docker buildx rm --force ${builder}`,
});

const stackFix: Fix = { what: "run pulumi up on the stack of the builder, which creates the context again" };

function fixesFor(engine: EngineFacts, host: HostFacts): Fix[] {
    const { error, isCurrent, host: address } = engine;
    switch (error?.kind) {
        case "context":
            if (!isCurrent) return engine.addresses.some((name) => name.startsWith("pulumi-buildx-")) ? [stackFix] : [];
            return host.env.context
                ? [{ what: "use the context in docker's configuration", command: "unset DOCKER_CONTEXT" }]
                : [{ what: "use docker's default context", command: "docker context use default" }];
        case "permission":
            return [
                {
                    what: "give this user access, then log in again",
                    command: asRoot(`usermod --append --groups docker "$(id -un)"`, host.uid),
                },
            ];
        case "silent":
            return startFix(engine, address, host);
        default:
            return [];
    }
}

function startFix(engine: EngineFacts, address: string, { platform, uid }: HostFacts): Fix[] {
    if (address.startsWith("ssh://")) {
        const { username, hostname, port } = new URL(address);
        const target = username ? `${decodeURIComponent(username)}@${hostname}` : hostname;
        const command = ["ssh", ...(port ? ["-p", port] : []), quote(target), "docker version"].join(" ");
        return [{ what: "connect once manually, to see the question or the error of ssh", command }];
    }
    if (address.startsWith("tcp://"))
        return [{ what: "show the error of the docker CLI", command: `${dockerAt(engine)} version` }];
    if (platform === "darwin") return [{ what: "start Docker Desktop", command: "open -a Docker" }];
    if (platform === "win32")
        return [
            { what: "start Docker Desktop", command: `start "" "%ProgramFiles%\\Docker\\Docker\\Docker Desktop.exe"` },
        ];
    const isRootless = address.startsWith("unix:///run/user/");
    const command = isRootless ? "systemctl --user start docker" : asRoot("systemctl start docker", uid);
    return [{ what: "start the engine", command }];
}

function checkAge({ apiVersion, version }: EngineFacts, subject: string): Finding[] {
    const [major = 0, minor = 0] = apiVersion.split(".").map(Number);
    const [oldestMajor, oldestMinor] = oldestApi;
    if (apiVersion === "" || major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return [];
    const found = `the Docker engine at ${subject} is too old: its version is ${version} (API ${apiVersion}), and buildx needs 19.03 or newer (API ${oldestApi.join(".")})`;
    return [
        finding("engine-too-old", subject, found, {
            what: "install a newer engine: https://docs.docker.com/engine/install",
        }),
    ];
}
