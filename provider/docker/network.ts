import { type Engine, ifNotFound } from "./engine";

const builtIn = new Set(["bridge", "default", "host", "none"]);

/** Whether a container's network mode names something that is there: the engine's own, a container, or a network. */
export async function networkExists({ api }: Engine, mode: string): Promise<boolean> {
    if (builtIn.has(mode)) return true;
    const inspect = mode.startsWith("container:")
        ? api.getContainer(mode.slice("container:".length)).inspect()
        : (api.getNetwork(mode).inspect() as Promise<unknown>);
    return (await inspect.catch(ifNotFound)) !== undefined;
}
