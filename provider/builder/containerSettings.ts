/** What the container that the engine reports was made with, in the form of `settings.ts`. */
import type { ContainerInspectInfo, ImageInspectInfo } from "dockerode";
import { configFlags, hasConfigFlags } from "../buildx/configFiles";
import type { EngineTraits, LimitTrait } from "../docker/engine";
import { gpusOf, tellsOfGpus } from "../docker/gpus";
import { isDesktopLabel, isOwnLabel, wasRefusedGpus } from "../docker/ownership";
import { podmanVariables } from "../docker/podman";
import { wslLibraries } from "../docker/thisHost";
import { variables, without } from "./entries";
import { type FixedOptions, fixedOptions, limitOptions } from "./options/groups";
import type { FixedArguments, Settings } from "./settings";

/** What a container does not tell of itself. */
export interface AroundContainer {
    /** What it was made of. */
    readonly image: ImageInspectInfo | undefined;
    readonly engine: EngineTraits;
    readonly isPodman: boolean;
    readonly network: string;
    /** The digest of what lies in buildkitd's configuration folder and is not of the image. */
    readonly files: string;
    /** Those that it is to have. */
    readonly asked: Pick<FixedArguments, "flags" | "files" | "labels">;
}

export function settingsOfContainer(
    container: ContainerInspectInfo,
    { image, engine, isPodman, network, files, asked }: AroundContainer,
): Settings {
    const { HostConfig: host, Config: config } = container;
    const names = host as Partial<Record<"ExtraHosts" | "Dns" | "DnsSearch" | "DnsOptions", string[] | null>>;
    const ofImage = {
        env: {
            ...(isPodman && podmanVariables(container, variables(config.Env))),
            ...variables(image?.Config?.Env),
        },
        labels: image?.Config?.Labels ?? {},
    };
    const isForeign = (key: string) => isOwnLabel(key) || (isDesktopLabel(key) && !(key in asked.labels));
    const around = { engine, network, ofImage };
    const limits = limitOptions.filter(([, { trait }]) => canSet(engine, trait));
    return {
        limits: Object.fromEntries(limits.map(([key, option]) => [key, option.read(container, around)])),
        fixed: {
            ...(Object.fromEntries(
                fixedOptions.map(([key, option]) => [key, option.read(container, around)]),
            ) as FixedOptions),
            flags: isConfigOfImage(asked) ? (config.Cmd ?? []) : withoutConfigFlags(config.Cmd ?? []),
            labels: without(config.Labels ?? {}, (key, value) => isForeign(key) || ofImage.labels[key] === value),
            extraHosts: hosts(names.ExtraHosts),
            dns: {
                nameservers: names.Dns ?? [],
                searchDomains: names.DnsSearch ?? [],
                options: names.DnsOptions ?? [],
            },
            files,
            deviations: [
                ...lackingGpus(container, engine, isPodman),
                ...lackingWsl(container, engine),
                ...(host.NanoCpus ? ["--cpus"] : []), // given by hand; the engine then takes no cpuQuota any more
            ].join(", "),
        },
        hasGpus: gpusOf(container) !== "none",
        ofImage,
    };
}

/** The arguments that were asked for name the configuration that lies in the image. */
const isConfigOfImage = ({ flags, files }: AroundContainer["asked"]): boolean => files === "" && hasConfigFlags(flags);

/** GPUs that the engine tells of, and that the container has not; those for which one was made without ever stay so. */
function lackingGpus(container: ContainerInspectInfo, engine: EngineTraits, isPodman: boolean): string[] {
    const gpus = gpusOf(container);
    if (gpus === "all" || isPodman) return [];
    return gpus === "other" || (tellsOfGpus(engine) && !wasRefusedGpus(container.Config.Labels)) ? ["GPUs"] : [];
}

function lackingWsl({ Mounts: mounts }: ContainerInspectInfo, { hasWslLibraries = false }: EngineTraits): string[] {
    const isMounted = (mounts ?? []).some(({ Destination: path }) => path === wslLibraries);
    return hasWslLibraries && !isMounted ? [wslLibraries] : [];
}

/** @param trait of a limit; `undefined` for one that every host can set. */
const canSet = (engine: EngineTraits, trait: LimitTrait | undefined): boolean =>
    trait === undefined || engine[trait] !== false;

const withoutConfigFlags = (flags: string[]) => (hasConfigFlags(flags) ? flags.slice(configFlags.length) : flags);

/** `name:address` as an entry by name. */
const hosts = (extraHosts: string[] | null | undefined): Record<string, string> =>
    Object.fromEntries(
        (extraHosts ?? []).map((host) => {
            const at = host.search(/[:=]/);
            return [host.slice(0, at), host.slice(at + 1)];
        }),
    );
