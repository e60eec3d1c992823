import { driver } from "../../../provider/buildx/store";
import type { EngineFacts, Machine } from "../../machine/facts";
import type { HostFacts } from "../../machine/host";
import { asRoot, dockerAt, quote } from "../../format/shell";
import { type Finding, type Mend, problem } from "../finding";

/** The API version of Docker 19.03, the oldest Docker that supports buildx as a plugin. */
const oldestApi = [1, 40] as const;

/** Returns the engines that cannot be queried or are too old. */
export function ofEngines({ store, engines }: Machine, host: HostFacts): Finding[] {
    return engines.flatMap((engine): Finding[] => {
        const { trouble, addresses, isCurrent } = engine;
        const subject = addresses[0] ?? engine.host;
        if (trouble === undefined) return ofAge(engine, subject);
        const builders = store.records
            .filter((record) => record.driver === driver)
            .filter(({ nodes }) => nodes.some(({ address }) => addresses.includes(address)))
            .map(({ name }) => name);
        const users = [...(isCurrent ? ["the docker CLI"] : []), ...builders.map((name) => `builder "${name}"`)];
        const found = `${trouble.message} (used by ${users.join(", ")})`;
        const mends = [...mendsOf(engine, host), ...builders.map(forgetting)];
        return [problem(kinds[trouble.kind], subject || "docker", found, ...mends)];
    });
}

const kinds = {
    context: "context-missing",
    permission: "engine-permission",
    silent: "engine-unreachable",
    unusable: "engine-unusable",
} as const;

const forgetting = (builder: string): Mend => ({
    what: `where it is gone for good, forget builder "${builder}" (the command complains of the engine and does it)`,
    command: `docker buildx rm --force ${builder}`,
});

const byStack: Mend = { what: "the pulumi up of the stack that the builder belongs to writes the context again" };

function mendsOf(engine: EngineFacts, host: HostFacts): Mend[] {
    const { trouble, isCurrent, host: address } = engine;
    switch (trouble?.kind) {
        case "context":
            if (!isCurrent) return engine.addresses.some((name) => name.startsWith("pulumi-buildx-")) ? [byStack] : [];
            return host.env.context
                ? [{ what: "use the context of docker's configuration", command: "unset DOCKER_CONTEXT" }]
                : [{ what: "use docker's default context", command: "docker context use default" }];
        case "permission":
            return [
                {
                    what: "let this user at it, who then has to log in again",
                    command: asRoot(`usermod --append --groups docker "$(id -un)"`, host.uid),
                },
            ];
        case "silent":
            return startOf(engine, address, host);
        default:
            return [];
    }
}

function startOf(engine: EngineFacts, address: string, { platform, uid }: HostFacts): Mend[] {
    if (address.startsWith("ssh://")) {
        const { username, hostname, port } = new URL(address);
        const target = username ? `${decodeURIComponent(username)}@${hostname}` : hostname;
        const command = ["ssh", ...(port ? ["-p", port] : []), quote(target), "docker version"].join(" ");
        return [{ what: "connect once by hand, which asks or tells what ssh wants", command }];
    }
    if (address.startsWith("tcp://"))
        return [{ what: "see what docker itself says of it", command: `${dockerAt(engine)} version` }];
    if (platform === "darwin") return [{ what: "start Docker Desktop", command: "open -a Docker" }];
    if (platform === "win32")
        return [
            { what: "start Docker Desktop", command: `start "" "%ProgramFiles%\\Docker\\Docker\\Docker Desktop.exe"` },
        ];
    const isRootless = address.startsWith("unix:///run/user/");
    const command = isRootless ? "systemctl --user start docker" : asRoot("systemctl start docker", uid);
    return [{ what: "start it", command }];
}

function ofAge({ apiVersion, version }: EngineFacts, subject: string): Finding[] {
    const [major = 0, minor = 0] = apiVersion.split(".").map(Number);
    const [oldestMajor, oldestMinor] = oldestApi;
    if (apiVersion === "" || major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return [];
    const found = `the Docker engine at ${subject} is ${version}, and buildx needs 19.03 or newer (API ${oldestApi.join(".")}, not ${apiVersion})`;
    return [
        problem("engine-too-old", subject, found, {
            what: "install a newer one: https://docs.docker.com/engine/install",
        }),
    ];
}
