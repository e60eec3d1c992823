import { resolve } from "node:path";

/** The location of an archive: a file, or an OCI image in a registry. */
export type Location = { readonly archive: string } | { readonly image: string };

/** The source that a state is restored from. */
export type RestoreSource = Location | { readonly volume: string };

/** @param given a location, or a string that is the path of a file. */
export const locationOf = <Given extends object>(given: string | Given): Given | { archive: string } =>
    typeof given === "string" ? { archive: given } : given;

/** Returns the name of a location for messages. */
export const formatLocation = (location: Location): string =>
    "archive" in location ? `archive ${resolve(location.archive)}` : `image ${location.image}`;

export const formatSource = (from: RestoreSource): string =>
    "volume" in from ? `volume ${from.volume}` : formatLocation(from);
