import { resolve } from "node:path";
import type { DaemonTls } from "../../buildkit/grpc/target";
import { isPem, readPem } from "../../pem";
import { normalizePlatform, type Platform, parsePlatform } from "../../text/platform";
import { defaults, type RemoteInputs, type RemoteTlsArguments } from "./args";
import { recordedPath } from "../builder/ownFiles";
import { fileOf } from "./files";
import { builderName, type NodeInArgs, nodesInArgs } from "./nodeArgs";

/** A builder as the program describes it, with all defaults filled in. */
export interface DesiredRemote {
    readonly name: string;
    readonly nodes: readonly DesiredNode[];
    /** Whether to take over an existing record of that name that this resource did not create. */
    readonly adopt: boolean;
    readonly savedOnly: SavedOnly;
    /** The arguments as the program has them. */
    readonly args: RemoteInputs;
}

/** Settings that buildx's record does not store. Pulumi's state keeps them for later steps. */
export interface SavedOnly {
    readonly use: boolean;
    /** Platforms that the builder must offer. */
    readonly requirePlatforms: readonly string[];
    /** In seconds. */
    readonly bootTimeout: number;
}

export interface DesiredNode {
    readonly name: string;
    /** Position in the argument `nodes`. `undefined` for the single node of a builder without `nodes`. */
    readonly position: number | undefined;
    readonly address: string;
    /** The certificates, as the program gives them. */
    readonly tls: RemoteTlsArguments | undefined;
    /** The absolute path of each certificate, as buildx's record has it. */
    readonly paths: Readonly<Partial<Record<Certificate, string>>>;
    /** The content of the files that this package writes, by their paths in buildx's folder. */
    readonly files: Readonly<Record<string, string>>;
    readonly defaultLoad: boolean | undefined;
    /** Platforms that the node is preferred for. */
    readonly platforms: readonly Platform[];
}

export const certificates = ["ca", "cert", "key"] as const satisfies (keyof RemoteTlsArguments)[];

export type Certificate = (typeof certificates)[number];

/** Returns the builder that a program's arguments describe. The arguments must have passed `check`. */
export function desiredRemote(inputs: RemoteInputs): DesiredRemote {
    const name = builderName(inputs);
    const { use = false, requirePlatforms = [], bootTimeout = defaults.bootTimeout, adopt = false } = inputs;
    return {
        name,
        nodes: nodesInArgs(inputs).map((node) => desiredNode(name, node, inputs.defaultLoad)),
        adopt,
        savedOnly: { use, requirePlatforms: requirePlatforms.map(normalizePlatform), bootTimeout },
        args: inputs,
    };
}

function desiredNode(
    builder: string,
    { name, position, args }: NodeInArgs,
    defaultLoad: boolean | undefined,
): DesiredNode {
    const { endpoint: address = "", tls, platforms = [] } = args;
    const given = certificates.flatMap((part) => (tls?.[part] === undefined ? [] : [[part, tls[part]] as const]));
    const texts = given.filter(([, value]) => isPem(value));
    const pathOf = (part: Certificate, value: string) =>
        isPem(value) ? recordedPath(fileOf(builder, name, part)) : resolve(value);
    return {
        name,
        position,
        address,
        tls,
        paths: Object.fromEntries(given.map(([part, value]) => [part, pathOf(part, value)])),
        files: Object.fromEntries(texts.map(([part, text]) => [fileOf(builder, name, part), text])),
        defaultLoad,
        platforms: platforms.map(parsePlatform),
    };
}

/**
 * Returns the certificates of a node for a connection.
 *
 * @throws {Error} if a file cannot be read.
 */
export async function tlsOf({ tls }: Pick<DesiredNode, "tls">): Promise<DaemonTls | undefined> {
    if (tls === undefined) return undefined;
    const { ca = "", cert, key, serverName } = tls;
    const read = (value: string | undefined) => (value === undefined ? undefined : readPem(value));
    const [readCa = "", readCert, readKey] = await Promise.all([read(ca), read(cert), read(key)]);
    return { ca: readCa, cert: readCert, key: readKey, serverName };
}
