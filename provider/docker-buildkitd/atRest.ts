/** A temporary buildkitd on a state whose own builder does not run, to query or prune the cache. */
import type { Duplex } from "node:stream";
import { stateFolder } from "../buildkit/stateFolder";
import { createContainer, removeContainer } from "../docker/container";
import type { Engine } from "../docker/engine";
import { inspectImage } from "../docker/image";
import { boot } from "./boot";

export interface AtRest {
    /** The name of the container. */
    readonly name: string;
    readonly volume: string;
    /** A BuildKit image that the engine has. */
    readonly image: string;
    /** The boot timeout. */
    readonly seconds: number;
    /** Ends the boot, and removes the container. */
    readonly signal?: AbortSignal;
}

/** Stops buildkitd when the program that booted it disconnects, so that a program that is killed leaves nothing behind. */
const script = `exec 3<&0
"$@" &
pid=$!
(cat <&3 >/dev/null; kill "$pid") &
wait "$pid"`;

/**
 * Boots a temporary buildkitd on a volume, without garbage collection and without a network. It holds the state's lock, as
 * any buildkitd does.
 *
 * @returns a function that stops it and removes its container.
 * @throws if it does not boot, after its container is removed.
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
