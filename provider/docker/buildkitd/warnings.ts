/** Warnings about a buildkitd that has just booted. */
import type { Readable } from "node:stream";
import { readConfig } from "../../buildkit/config";
import { readFlags } from "../../buildkit/flags";
import { isInStateFolder, stateFolder } from "../../buildkit/stateFolder";
import { limitsOfOlder } from "../../buildkit/version";
import type { Workers } from "../../buildkit/workers";
import { configFolder } from "../../buildkit/config/files";
import { inspectContainer, readFilesOf } from "../engine/container";
import { type Engine, statusOf } from "../engine/engine";
import { answerHolds } from "./boot";

/** @param alike the same as `BootOptions.alike`. Containers with this value keep their state in the same folder. */
export async function warningsAfterBoot(
    engine: Engine,
    container: string,
    workers: Workers,
    alike: string,
): Promise<string[]> {
    const version = workers.version === "" ? "BuildKit of an unknown version" : `BuildKit ${workers.version}`;
    const limits = limitsOfOlder(workers).map((limit) => `${version} in ${container} is old: ${limit}`);
    const look = () => keepsStateInVolume(engine, container);
    if (await engine.requests.get(`keeps state ${alike}`, answerHolds, look)) return limits;
    return [
        ...limits,
        `buildkitd in ${container} on ${engine.endpoint.host} does not keep its state in the state volume, because its image ` +
            `sets another folder, as the image of rootless BuildKit does: the cache is lost when the container is ` +
            `recreated, and an archive of the state is empty. Use an image whose buildkitd keeps its state in ${stateFolder}`,
    ];
}

/**
 * Whether a running buildkitd keeps its state in the state volume. buildkitd creates a lock file next to its state
 * (buildkit: `cmd/buildkitd/main.go`).
 */
async function keepsStateInVolume(engine: Engine, container: string): Promise<boolean> {
    const hasLock = (folder: string) =>
        engine.api
            .getContainer(container)
            .infoArchive({ path: `${folder}/buildkitd.lock` })
            .then(
                (found) => {
                    // The engine's client returns a stream without content. Its connection is free only after its end.
                    (found as unknown as Readable).resume();
                    return true;
                },
                (error: unknown) => statusOf(error) !== 404, // do not warn if the engine does not respond
            );
    if (await hasLock(stateFolder)) return true;
    const root = await configuredRoot(engine, container);
    return root !== undefined && isInStateFolder(root) && hasLock(root);
}

/** Returns buildkitd's root folder as set by the arguments or the configuration in a container. */
async function configuredRoot(engine: Engine, container: string): Promise<string | undefined> {
    const found = await inspectContainer(engine, container);
    const flag = readFlags(found?.Config.Cmd ?? []).flags.findLast(({ name }) => name === "root");
    if (flag?.value !== undefined) return flag.value;
    const files = await readFilesOf(engine, container, configFolder).catch((): Record<string, Buffer> => ({}));
    const config = files["buildkitd.toml"];
    const { root } = config === undefined ? {} : (await readConfig(config.toString("utf8"))).table;
    return typeof root === "string" ? root : undefined;
}
