import { findSource } from "../../transfer/source";
import type { DesiredArchive } from "./desired";

/** An archive as it is at its location. */
export interface ObservedArchive {
    /** The SHA-256 of the tar in the archive; `undefined` if there is no archive. */
    readonly sha256: string | undefined;
}

/** @throws {Error} if the location cannot be read, for example because a registry does not respond. */
export async function observeArchive({ to }: Pick<DesiredArchive, "to">): Promise<ObservedArchive> {
    const found = await findSource(to);
    return { sha256: found?.trailer.sha256 };
}
