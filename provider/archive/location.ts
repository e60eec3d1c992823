import { resolve } from "node:path";

/** Where an archive lies: a file, or an OCI image in a registry. */
export type Location = { readonly archive: string } | { readonly image: string };

/** Where a state comes from. */
export type RestoreSource = Location | { readonly volume: string };

/** @param given a text is the path of a file. */
export const locationOf = <Given extends object>(given: string | Given): Given | { archive: string } =>
    typeof given === "string" ? { archive: given } : given;

/** As messages name it. */
export const sayLocation = (location: Location): string =>
    "archive" in location ? `archive ${resolve(location.archive)}` : `image ${location.image}`;

export const saySource = (from: RestoreSource): string =>
    "volume" in from ? `volume ${from.volume}` : sayLocation(from);
