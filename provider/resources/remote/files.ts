/**
 * The files of certificates and keys that a program gives as PEM text. buildx's record has the path of each file, and
 * buildx reads the files at each build.
 *
 * The folder of a builder has a folder for each node with `ca.pem`, `cert.pem` and `key.pem`. See `builder/ownFiles.ts`.
 */
import { join } from "node:path";

/** The folder of all builders, in buildx's folder. */
const folder = "pulumi-buildx-certs";

/** The folder of a builder's files, in buildx's folder. */
export const folderOf = (builder: string): string => join(folder, builder);

/** Returns the path of a file in buildx's folder. */
export const fileOf = (builder: string, node: string, part: string): string =>
    join(folderOf(builder), node, `${part}.pem`);
