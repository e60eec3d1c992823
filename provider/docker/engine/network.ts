import type { ContainerInspectInfo } from "dockerode";
import { type Engine, ifNotFound } from "./engine";

const builtIn = new Set(["bridge", "default", "host", "none"]);
const ofContainer = "container:";

/**
 * Returns what a container's network mode now means on an engine. For one of the engine's built-in networks, returns
 * its name. For another container, returns `container:<id>`, as the engine stores it. For a network, returns its
 * identifier. Returns `undefined` if the container or network does not exist.
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
 * Returns the network mode of a container. If the requested mode still means the container's network, returns the
 * requested mode. The engine keeps a container's mode even if the container was disconnected from its network, or the
 * network was removed and recreated.
 *
 * @param requested the requested network mode.
 * @param found what `requested` now means, according to {@link findNetwork}.
 */
export function networkOf(
    { HostConfig: { NetworkMode: mode }, NetworkSettings }: ContainerInspectInfo,
    requested: string,
    found: string | undefined,
): string {
    if (mode === undefined || mode === "default") return "bridge";
    if (builtIn.has(mode)) return mode;
    if (mode.startsWith(ofContainer)) return mode === found ? requested : mode;
    const joined = Object.entries(NetworkSettings.Networks);
    const isOwn = ([name, { NetworkID: id }]: (typeof joined)[number]) => name === mode || id.startsWith(mode);
    const [name, own] = joined.find(isOwn) ?? joined[0] ?? [];
    if (name === undefined || own === undefined) return "none";
    if (own.NetworkID === found) return requested;
    return own.NetworkID === "" || name !== requested ? name : own.NetworkID;
}
