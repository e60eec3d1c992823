/** States as this package archives and restores them, and as tar and zstd do. */
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import type { CheckResult, CreateResult } from "@pulumi/pulumi/dynamic";
import type { StateInputs } from "../../provider/state/inputs";
import type { StateState } from "../../provider/state/lifecycle";
import { must } from "../../tests/support/run";

/** The package as programs and Pulumi's provider process find it. */
const load = createRequire(__filename);
const { archiveState } = load("pulumi-buildx/archive") as typeof import("../../provider/archive/archiveState");
const { BuildKitState: verbs } = load("pulumi-buildx/dynamic") as typeof import("../../provider/bridges/dynamic");

export { archiveState };

export interface Restored {
    remove(): Promise<void>;
}

/** Makes the state of a builder that is not there yet out of an archive, as Pulumi does. */
export async function restoreState(builderName: string, archive: string): Promise<Restored> {
    const asked: StateInputs & { __urn: string } = {
        builderName,
        restoreFrom: archive,
        __urn: `urn:pulumi:bench::bench::pulumi-nodejs:dynamic/buildx:BuildKitState::${builderName}`,
    };
    const { inputs = asked, failures = [] } = (await verbs.check({}, asked)) as CheckResult<StateInputs>;
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    const { id, outs } = (await verbs.create(inputs)) as CreateResult<StateState>;
    return { remove: () => verbs.delete(id, outs) };
}

/** What tar and zstd work on. */
export interface Tarring {
    readonly volume: string;
    readonly file: string;
    /** Starts a command line with the volume at {@link Tarring.folder}. */
    readonly at: string;
    readonly folder: string;
}

/**
 * In a container, which is how a user reaches a volume of any engine, as this package does: on engines of other hosts and of
 * Docker Desktop there is no folder to be had. Its image is the one that this package takes. Without `--log-driver none` all
 * that goes through would be written into the engine's log, too.
 *
 * @param name of the container.
 */
export const inContainer = (name: string, volume: string, file: string): Tarring => ({
    volume,
    file,
    at: `docker run --rm --interactive --name ${name} --network none --log-driver none --privileged --volume ${volume}:/state debian:stable-slim`,
    folder: "/state",
});

/** In the folder of the volume, which root has on the engine's own host; `undefined` where there is none. */
export async function onEngineHost(volume: string, file: string): Promise<Tarring | undefined> {
    const folder = (await must("docker", ["volume", "inspect", "--format", "{{.Mountpoint}}", volume])).trim();
    const isThere = await access(folder).then(
        () => true,
        () => false,
    );
    return isThere ? { volume, file, at: "", folder } : undefined;
}

/** overlay's attributes, and whose files are: without them buildkitd cannot use a state. */
const attributes = "--numeric-owner --xattrs '--xattrs-include=*'";

export const archiveByTar = ({ at, folder, file }: Tarring): Promise<string> =>
    shell(
        `${at} tar --create --sparse ${attributes} --directory=${folder} . | zstd --quiet -o ${file} && sync ${file}`,
    );

export const restoreByTar = ({ at, folder, file }: Tarring): Promise<string> =>
    shell(
        `zstd --decompress --stdout ${file} | ${at} sh -c "tar --extract ${attributes} --directory=${folder} && sync -f ${folder}"`,
    );

const shell = (pipe: string) => must("bash", ["-o", "pipefail", "-c", pipe]);

/** Has all that was written before lie on the disk. */
export const settle = (): Promise<string> => must("sync", []);
