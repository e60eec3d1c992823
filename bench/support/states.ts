/** Archives and restores states as this package does, and as tar and zstd do. */
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import type { CheckResult, CreateResult } from "@pulumi/pulumi/dynamic";
import type { StateArguments } from "../../provider/resources/state/args";
import type { SavedState } from "../../provider/resources/state/saved";
import { must } from "../../tests/support/run";

/** Loads the package as programs and Pulumi's provider process find it. */
const load = createRequire(__filename);
const { archiveState } = load("pulumi-buildx/archive") as typeof import("../../provider/transfer/archiveState");
const { BuildKitState: verbs } = load("pulumi-buildx/dynamic") as typeof import("../../provider/bridges/dynamic");

export { archiveState };

export interface Restored {
    remove(): Promise<void>;
}

/** Creates the state of a builder that does not exist yet from an archive, as Pulumi does. */
export async function restoreState(builderName: string, archive: string): Promise<Restored> {
    const asked: StateArguments & { __urn: string } = {
        builderName,
        restoreFrom: archive,
        __urn: `urn:pulumi:bench::bench::pulumi-nodejs:dynamic/buildx:BuildKitState::${builderName}`,
    };
    const { inputs = asked, failures = [] } = (await verbs.check({}, asked)) as CheckResult<StateArguments>;
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    const { id, outs } = (await verbs.create(inputs)) as CreateResult<SavedState>;
    return { remove: () => verbs.delete(id, outs) };
}

/** The volume, the archive and the place in which tar and zstd run. */
export interface TarTarget {
    readonly volume: string;
    readonly file: string;
    /** The start of a command line that runs with the volume at {@link Tarring.folder}. */
    readonly at: string;
    readonly folder: string;
}

/**
 * Returns how tar runs in a container. Users reach the volume of any engine in this way, and so does this package:
 * engines on other hosts and Docker Desktop have no accessible folder. The image is the image that this package uses.
 * Without `--log-driver none`, the engine would also write all transferred data to its log.
 *
 * @param name the name of the container.
 */
export const inContainer = (name: string, volume: string, file: string): TarTarget => ({
    volume,
    file,
    at: `docker run --rm --interactive --name ${name} --network none --log-driver none --privileged --volume ${volume}:/state debian:stable-slim`,
    folder: "/state",
});

/**
 * Returns how tar runs in the volume's folder, which root can access on the engine's own host; `undefined` if it
 * cannot.
 */
export async function onEngineHost(volume: string, file: string): Promise<TarTarget | undefined> {
    const folder = (await must("docker", ["volume", "inspect", "--format", "{{.Mountpoint}}", volume])).trim();
    const isThere = await access(folder).then(
        () => true,
        () => false,
    );
    return isThere ? { volume, file, at: "", folder } : undefined;
}

/** Keeps overlay's attributes and the owners of the files. Without them buildkitd cannot use a state. */
const attributes = "--numeric-owner --xattrs '--xattrs-include=*'";

export const archiveWithTar = ({ at, folder, file }: TarTarget): Promise<string> =>
    shell(
        `${at} tar --create --sparse ${attributes} --directory=${folder} . | zstd --quiet -o ${file} && sync ${file}`,
    );

export const restoreWithTar = ({ at, folder, file }: TarTarget): Promise<string> =>
    shell(
        `zstd --decompress --stdout ${file} | ${at} sh -c "tar --extract ${attributes} --directory=${folder} && sync -f ${folder}"`,
    );

const shell = (pipe: string) => must("bash", ["-o", "pipefail", "-c", pipe]);

/** Waits until all data written so far is on the disk. */
export const syncDisk = (): Promise<string> => must("sync", []);
