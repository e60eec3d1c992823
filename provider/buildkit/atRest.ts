/** A buildkitd on a state whose own builder does not run: to ask it, or to have it remove from the cache. */
import type { Duplex } from "node:stream";
import { createContainer, removeContainer } from "../docker/container";
import type { Engine } from "../docker/engine";
import { inspectImage } from "../docker/image";
import { boot } from "./boot";
import { stateFolder } from "./stateFolder";

export interface AtRest {
    /** Of the container. */
    readonly name: string;
    readonly volume: string;
    /** A BuildKit image that the engine has. */
    readonly image: string;
    /** Until its boot is given up. */
    readonly seconds: number;
    /** Ends the boot; then nothing is left of it. */
    readonly signal?: AbortSignal;
}

/** Ends buildkitd with the connection of the program that booted it, so that one that is killed leaves nothing behind. */
const script = `exec 3<&0
"$@" &
pid=$!
(cat <&3 >/dev/null; kill "$pid") &
wait "$pid"`;

/**
 * Boots a buildkitd of its own on a volume: nothing is collected by itself, and its network is none. It holds the state's
 * lock meanwhile, as any buildkitd does.
 *
 * @returns how it is ended, which removes its container.
 * @throws if it does not boot; then nothing is left of it.
 */
export async function bootAtRest(
    engine: Engine,
    { name, volume, image, seconds, signal }: AtRest,
): Promise<{ readonly end: () => Promise<void> }> {
    const { Entrypoint: entrypoint } = (await inspectImage(engine, image))?.Config ?? {};
    const command = [entrypoint ?? ["buildkitd"]].flat();
    let input: Duplex | undefined;
    const end = async () => {
        input?.destroy();
        await removeContainer(engine, name);
    };
    await createContainer(engine, {
        name,
        Image: image,
        Entrypoint: ["sh", "-c", script, "sh"],
        Cmd: [...command, "--oci-worker-gc=false"],
        OpenStdin: true,
        StdinOnce: true,
        AttachStdin: true,
        HostConfig: {
            Privileged: true,
            NetworkMode: "none",
            AutoRemove: true,
            Mounts: [{ Type: "volume", Source: volume, Target: stateFolder }],
        },
    });
    try {
        const attached = await engine.api.getContainer(name).attach({ stream: true, stdin: true, hijack: true });
        input = attached as unknown as Duplex;
        input.on("error", () => {}); // it ends with its container
        await boot(engine, name, seconds, signal);
        return { end };
    } catch (error) {
        await end();
        throw error;
    }
}
