/** Imports a builder that buildx or another resource created. */
import { readFile } from "node:fs/promises";
import type { Call, Imported } from "../../bridges/lifecycle";
import { canonicalName, nodeName } from "../../buildx/names";
import { otherDriver, whyUnreadableName } from "../../buildx/otherDriver";
import { driver as containerDriver, readRecord, type StoredNode, storeIdentifier } from "../../buildx/store";
import { formatPlatform } from "../../text/platform";
import type { RemoteInputs, RemoteNodeInputs, RemoteTlsArguments } from "./args";
import { certificates } from "./desired";
import { isInFolder } from "../builder/ownFiles";
import { folderOf } from "./files";
import { findRemote, tlsInRecord } from "./findBuilder";
import { driver } from "./record";
import { savedArguments, type SavedRemote, toSaved } from "./saved";

/**
 * Returns a builder with the arguments that describe it, which buildx's record has. Certificates are paths, except for
 * the files of another `RemoteBuilder`: they become their text, because that resource removes its files.
 *
 * @throws {Error} if buildx has no record of the builder, or it has another driver.
 */
export async function importBuilder(call: Call, id: string): Promise<Imported<RemoteInputs, SavedRemote>> {
    const name = canonicalName(id);
    const illegal = whyUnreadableName(id);
    if (illegal !== undefined) throw new Error(illegal);
    await requireRemote(name);
    const { outputs, nodes, warning } = await findRemote(name, call.signal);
    if (warning !== undefined) await call.warn(warning);
    const args = await argumentsOf(name, nodes, call);
    const owner = { urn: call.urn, store: await storeIdentifier() };
    const saved = toSaved(args, owner, name, outputs.nodes);
    return { id: name, saved, args: savedArguments(saved) };
}

/** @throws {Error} if the builder has another driver. */
export async function requireRemote(name: string): Promise<void> {
    const [record, other] = await Promise.all([readRecord(name), otherDriver(name)]);
    const found = other ?? (record.is === "present" ? containerDriver : undefined);
    if (found === undefined || found === driver) return; // a missing or unreadable record is reported later
    throw new Error(
        `builder "${name}" cannot be read as a RemoteBuilder: its driver is ${found} instead of ${driver}. ` +
            `Use a BuildxBuilder for the driver ${containerDriver}, or: docker buildx inspect ${name}`,
    );
}

async function argumentsOf(name: string, nodes: readonly StoredNode[], call: Call): Promise<RemoteInputs> {
    const each = await Promise.all(nodes.map((node) => argumentsOfNode(name, node, call)));
    const load = await defaultLoadOf(nodes, call);
    const [first = {}] = each;
    if (nodes.length === 1 && nodes[0]?.Name === nodeName(name, 0)) return { name, ...first, ...load };
    const isNumbered = nodes.every((node, index) => node.Name === nodeName(name, index));
    const ofNodes = nodes.map((node, index) => ({ ...(!isNumbered && { name: node.Name }), ...each[index] }));
    return { name, nodes: ofNodes, ...load };
}

/** Returns the argument `defaultLoad`, which all nodes share. */
async function defaultLoadOf(nodes: readonly StoredNode[], call: Call): Promise<Pick<RemoteInputs, "defaultLoad">> {
    const values = new Set(nodes.map(({ DriverOpts: options }) => options?.["default-load"]));
    const value = [...values].find((each) => each !== undefined);
    if (values.size > 1)
        await call.warn(
            `the nodes of the builder differ in the driver option default-load. The next pulumi up sets it to ${value} for all nodes`,
        );
    return value === undefined ? {} : { defaultLoad: /^(?:1|t|true)$/i.test(value) };
}

async function argumentsOfNode(builder: string, node: StoredNode, call: Call): Promise<RemoteNodeInputs> {
    const { Endpoint: endpoint, Platforms: platforms, DriverOpts: options } = node;
    const tls = await tlsOf(builder, options);
    const known = ["cacert", "cert", "key", "servername", "default-load"];
    const others = Object.keys(options ?? {}).filter((name) => !known.includes(name));
    if (others.length > 0) {
        const what = `node ${node.Name} has driver options that this package does not support: ${others.join(", ")}`;
        await call.warn(`${what}. The next change of the builder removes them from buildx's record`);
    }
    return {
        endpoint,
        ...(tls !== undefined && { tls }),
        ...(platforms !== null && platforms.length > 0 && { platforms: platforms.map(formatPlatform) }),
    };
}

async function tlsOf(builder: string, options: StoredNode["DriverOpts"]): Promise<RemoteTlsArguments | undefined> {
    const tls = tlsInRecord(options);
    if (tls === undefined) return undefined;
    const texts = certificates.map(async (part) => {
        const path = tls[part];
        if (path === undefined || !isInFolder(folderOf(builder), path)) return {};
        return { [part]: await readFile(path, "utf8").catch(() => path) }; // `check` reports a missing file
    });
    return Object.assign({ ...tls }, ...(await Promise.all(texts))) as RemoteTlsArguments;
}
