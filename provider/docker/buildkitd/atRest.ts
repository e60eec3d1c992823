/** Temporary buildkitd on a state whose builder is not running, to query or prune the cache. */
import type { Duplex } from "node:stream";
import { stateFolder } from "../../buildkit/stateFolder";
import { createContainer, removeContainer } from "../engine/container";
import type { Engine } from "../engine/engine";
import { inspectImage } from "../engine/image";
import { boot } from "./boot";

export interface AtRest {
    /** The name of the container. */
    readonly name: string;
    readonly volume: string;
    /** A BuildKit image that the engine has. */
    readonly image: string;
    /** The boot timeout, in seconds. */
    readonly seconds: number;
    /** Cancels the boot, which removes the container. */
    readonly signal?: AbortSignal;
}

/** Stops buildkitd when the program that booted it disconnects. This way, a killed program leaves nothing behind. */
const script = `exec 3<&0
"$@" &
pid=$!
(cat <&3 >/dev/null; kill "$pid") &
wait "$pid"`;

/**
 * Boots a temporary buildkitd on a volume, without garbage collection and without a network. Like any buildkitd, it
 * holds the state's lock.
 *
 * @returns `end`, a function that stops buildkitd and removes its container.
 * @throws {Error} if buildkitd does not boot. Its container is removed first.
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
        input.on("error", () => {}); // the stream may fail when the container is removed
        await boot(engine, name, { timeout: seconds, signal });
        return { end };
    } catch (error) {
        await end();
        throw error;
    }
}
