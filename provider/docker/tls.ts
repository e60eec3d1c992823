/** What a TLS connection to an engine is made with. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { dockerConfigFolder } from "./configFile";
import { readPem } from "../pem";

/** As a user gives it: each the path of a file, or PEM text itself. */
export interface TlsArguments {
    /** The authority that signed the engine's certificate. Without it those that Node.js trusts. */
    ca?: string;
    /** The client's certificate. */
    cert?: string;
    /** The key of that certificate. */
    key?: string;
}

/** The same, read: PEM text. */
export interface TlsMaterial extends TlsArguments {
    /** Take whatever certificate the engine shows, because the user told docker to. */
    readonly skipVerify: boolean;
    /** From where it was taken, for messages. */
    readonly from: string;
}

export const tlsParts = ["ca", "cert", "key"] as const satisfies (keyof TlsArguments)[];

/** The names by which docker knows them, in `DOCKER_CERT_PATH` and in contexts. */
export const tlsFile = (part: keyof TlsArguments): string => `${part}.pem`;

/** Reads what is given by paths, which are relative to the program's folder. */
export async function readMaterial(given: TlsArguments): Promise<TlsMaterial> {
    const read = async (part: keyof TlsArguments) => [part, await readPem(given[part] as string)] as const;
    const parts = await Promise.all(tlsParts.filter((part) => given[part] !== undefined).map(read));
    return { ...Object.fromEntries(parts), skipVerify: false, from: "the argument tls" };
}

/** The files of a folder that holds them under docker's names; those that are not there are left out. */
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
 * What `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH` say (docker/cli `cli/flags/options.go`); `undefined`
 * where they ask for no TLS.
 */
export async function materialInEnvironment(): Promise<TlsMaterial | undefined> {
    const { DOCKER_TLS_VERIFY: verify, DOCKER_TLS: tls, DOCKER_CERT_PATH: path } = process.env;
    if (!verify && !tls) return undefined;
    const folder = path || dockerConfigFolder();
    const [asked, where] = [verify ? "DOCKER_TLS_VERIFY" : "DOCKER_TLS", path ? "DOCKER_CERT_PATH" : "docker's folder"];
    const material = await materialInFolder(folder, { skipVerify: !verify, from: where });
    if (material.ca !== undefined) return material;
    throw new Error(`${asked} is set, and there is no ${tlsFile("ca")} in ${folder} (${where}): put it there`);
}
