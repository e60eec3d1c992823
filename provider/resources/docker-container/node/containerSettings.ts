/** Reads the settings that an existing container was created with, in the form of `settings.ts`. */
import type { ContainerInspectInfo, ImageInspectInfo } from "dockerode";
import { configFlags, hasConfigFlags } from "../../../buildkit/config/files";
import type { EngineTraits, LimitTrait } from "../../../docker/engine/engine";
import { gpusOf, reportsGpus } from "../../../docker/engine/gpus";
import { isDesktopLabel, isOwnLabel, wasRefusedGpus } from "../../../ownership";
import { podmanVariables } from "../../../docker/engine/podman";
import { wslLibraries } from "../../../docker/engine/thisHost";
import { variables, without } from "./entries";
import { type FixedOptions, fixedOptions, limitOptions } from "../options/groups";
import type { FixedArguments, Settings } from "./settings";

/** Facts that the inspection of a container does not contain. */
export interface AroundContainer {
    /** The image that the container was created from; `undefined` if the engine does not have it any more. */
    readonly image: ImageInspectInfo | undefined;
    readonly engine: EngineTraits;
    readonly isPodman: boolean;
    readonly network: string;
    /** The digest of the files in buildkitd's configuration folder that are not from the image; "" for none. */
    readonly files: string;
    /** The arguments that the container should have. */
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
                ...(host.NanoCpus ? ["--cpus"] : []), // set manually; the engine then does not accept cpuQuota any more
            ].join(", "),
        },
        hasGpus: gpusOf(container) !== "none",
        ofImage,
    };
}

/** Whether the wanted arguments name a configuration file that is part of the image. */
const isConfigOfImage = ({ flags, files }: AroundContainer["asked"]): boolean => files === "" && hasConfigFlags(flags);

/**
 * Reports GPUs that the engine seems to have and the container does not, and requests for other devices. If the engine
 * refused the GPUs when the container was created, the container stays without them and nothing is reported.
 */
function lackingGpus(container: ContainerInspectInfo, engine: EngineTraits, isPodman: boolean): string[] {
    const gpus = gpusOf(container);
    if (gpus === "all" || isPodman) return [];
    return gpus === "other" || (reportsGpus(engine) && !wasRefusedGpus(container.Config.Labels)) ? ["GPUs"] : [];
}

function lackingWsl({ Mounts: mounts }: ContainerInspectInfo, { hasWslLibraries = false }: EngineTraits): string[] {
    const isMounted = (mounts ?? []).some(({ Destination: path }) => path === wslLibraries);
    return hasWslLibraries && !isMounted ? [wslLibraries] : [];
}

/** Whether an engine can set a limit with this trait. If the trait is `undefined`, every host can set the limit. */
const canSet = (engine: EngineTraits, trait: LimitTrait | undefined): boolean =>
    trait === undefined || engine[trait] !== false;

const withoutConfigFlags = (flags: string[]) => (hasConfigFlags(flags) ? flags.slice(configFlags.length) : flags);

/** Returns the addresses by name. The engine separates the two with `:` or `=`. */
const hosts = (extraHosts: string[] | null | undefined): Record<string, string> =>
    Object.fromEntries(
        (extraHosts ?? []).map((host) => {
            const at = host.search(/[:=]/);
            return [host.slice(0, at), host.slice(at + 1)];
        }),
    );
