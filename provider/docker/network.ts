import type { ContainerInspectInfo } from "dockerode";
import { type Engine, ifNotFound } from "./engine";

const builtIn = new Set(["bridge", "default", "host", "none"]);
const ofContainer = "container:";

/**
 * What a container's network mode means on an engine now: one of the engine's own networks, another container, or a
 * network. It is `container:<id>` for a container, as the engine writes it down, and a network's identifier;
 * `undefined` where there is none of that name.
 */
export async function findNetwork({ api }: Engine, mode: string): Promise<string | undefined> {
    if (builtIn.has(mode)) return mode;
    if (mode.startsWith(ofContainer)) {
        const found = await api.getContainer(mode.slice(ofContainer.length)).inspect().catch(ifNotFound);
        return found && `${ofContainer}${found.Id}`;
    }
    const found = (await api.getNetwork(mode).inspect().catch(ifNotFound)) as { Id: string } | undefined;
    return found?.Id;
}

/**
 * The network mode of a container, in the words by which it was asked for where these still mean the network that the
 * container is on. The engine keeps the mode also of one that was taken off its network, or whose network was removed and
 * made again.
 *
 * @param asked a network mode.
 * @param found what it means now, by {@link findNetwork}.
 */
export function networkOf(
    { HostConfig: { NetworkMode: mode }, NetworkSettings }: ContainerInspectInfo,
    asked: string,
    found: string | undefined,
): string {
    if (mode === undefined || mode === "default") return "bridge";
    if (builtIn.has(mode)) return mode;
    if (mode.startsWith(ofContainer)) return mode === found ? asked : mode;
    const joined = Object.entries(NetworkSettings.Networks);
    const isOwn = ([name, { NetworkID: id }]: (typeof joined)[number]) => name === mode || id.startsWith(mode);
    const [name, own] = joined.find(isOwn) ?? joined[0] ?? [];
    if (name === undefined || own === undefined) return "none";
    if (own.NetworkID === found) return asked;
    return own.NetworkID === "" || name !== asked ? name : own.NetworkID;
}
