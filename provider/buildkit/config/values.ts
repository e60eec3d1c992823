/** Values that several parts of buildkitd's configuration have: types only, as in `types.ts`. */

/**
 * A number of bytes, a size such as `"20GB"`, or a percentage of the disk such as `"10%"`. A GB is 1024³ bytes, as
 * everywhere in BuildKit.
 */
export type DiskSpace = number | string;

/** A number of seconds, or a text with units `h`, `m`, `s` and `ms`, such as `"48h"`. There is no unit for days. */
export type Duration = number | string;

/** A key and its certificate, each as the path of a file or as PEM text. Pulumi saves the text of a key as a secret. */
export interface KeyPair {
    /** The private key: the path of a file, or PEM text. */
    key: string;
    /** The certificate: the path of a file, or PEM text. */
    cert: string;
}
