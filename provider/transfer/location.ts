import { resolve } from "node:path";

/** The location of an archive: a file, or an OCI image in a registry. */
export type Location =
    | {
          /** The path of an archive, relative to the folder of the Pulumi program. */
          readonly archive: string;
      }
    | {
          /**
           * An OCI image in a registry, for example `registry.example/ci-cache:latest`. The credentials come from docker's
           * configuration.
           */
          readonly image: string;
      };

/** The source that a state is restored from. */
export type RestoreSource =
    | Location
    | {
          /** The name of a volume on the same engine. */
          readonly volume: string;
      };

/** @param given a location, or a string that is the path of a file. */
export const locationOf = <Given extends object>(given: string | Given): Given | { archive: string } =>
    typeof given === "string" ? { archive: given } : given;

/** Returns the name of a location for messages. */
export const formatLocation = (location: Location): string =>
    "archive" in location ? `archive ${resolve(location.archive)}` : `image ${location.image}`;

export const formatSource = (from: RestoreSource): string =>
    "volume" in from ? `volume ${from.volume}` : formatLocation(from);
