/** Certificates and keys for a TLS connection to an engine. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { dockerConfigFolder } from "./configFile";
import { readPem } from "../../pem";

/** TLS files for the connection to an engine. Each value is the path of a file, or PEM text. */
export interface TlsArguments {
    /**
     * The authority that signed the engine's certificate.
     *
     * @default the authorities that Node.js trusts
     */
    ca?: string;
    /** The client's certificate. */
    cert?: string;
    /** The key of that certificate. */
    key?: string;
}

/** TLS files that have been read. Each value is PEM text. */
export interface TlsMaterial extends TlsArguments {
    /** Whether to accept any certificate of the engine, because docker is configured to. */
    readonly skipVerify: boolean;
    /** The source of the files, for messages. */
    readonly from: string;
}

export const tlsParts = ["ca", "cert", "key"] as const satisfies (keyof TlsArguments)[];

/** Returns docker's name of a TLS file, in `DOCKER_CERT_PATH` and in contexts. */
export const tlsFile = (part: keyof TlsArguments): string => `${part}.pem`;

/** Reads the values that are paths. They are relative to the program's folder. */
export async function readMaterial(given: TlsArguments): Promise<TlsMaterial> {
    const read = async (part: keyof TlsArguments) => [part, await readPem(given[part] as string)] as const;
    const parts = await Promise.all(tlsParts.filter((part) => given[part] !== undefined).map(read));
    return { ...Object.fromEntries(parts), skipVerify: false, from: "the argument tls" };
}

/** Reads the TLS files of a folder, under docker's names. Files that do not exist are left out. */
export async function materialInFolder(
    folder: string,
    { skipVerify, from }: Pick<TlsMaterial, "skipVerify" | "from">,
): Promise<TlsMaterial> {
    const read = async (part: keyof TlsArguments) => {
        const text = await readFile(join(folder, tlsFile(part)), "utf8").catch((error: NodeJS.ErrnoException) => {
            if (error.code !== "ENOENT") throw error;
        });
        return text === undefined ? [] : [[part, text] as const];
    };
    const parts = await Promise.all(tlsParts.map(read));
    return { ...Object.fromEntries(parts.flat()), skipVerify, from };
}

/**
 * Reads the TLS files that `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH` name (docker/cli
 * `cli/flags/options.go`). Returns `undefined` if these variables do not enable TLS.
 *
 * @throws {Error} if they enable TLS and the folder has no `ca.pem`.
 */
export async function materialInEnvironment(): Promise<TlsMaterial | undefined> {
    const { DOCKER_TLS_VERIFY: verify, DOCKER_TLS: tls, DOCKER_CERT_PATH: path } = process.env;
    if (!verify && !tls) return undefined;
    const folder = path || dockerConfigFolder();
    const [variable, where] = [
        verify ? "DOCKER_TLS_VERIFY" : "DOCKER_TLS",
        path ? "DOCKER_CERT_PATH" : "docker's folder",
    ];
    const material = await materialInFolder(folder, { skipVerify: !verify, from: where });
    if (material.ca !== undefined) return material;
    throw new Error(
        `${variable} is set, but ${tlsFile("ca")} is not found in ${folder} (${where}). Put the file there`,
    );
}
