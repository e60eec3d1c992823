/** Imports a builder that buildx or another resource created. */
import { readFile } from "node:fs/promises";
import type { Call, Imported } from "../../bridges/lifecycle";
import { configFile } from "../../buildkit/config/files";
import { canonicalName, nodeName } from "../../buildx/names";
import { otherDriver, whyUnreadableName } from "../../buildx/otherDriver";
import { driver as containerDriver, readRecord, type StoredNode, storeIdentifier } from "../../buildx/store";
import { formatPlatform } from "../../text/platform";
import type { KubernetesInputs, KubernetesNodeInputs, KubernetesResources, KubernetesToleration } from "./args";
import { isInFolder } from "../builder/ownFiles";
import { folderOf } from "./files";
import { findKubernetes, kubeconfigOf } from "./findBuilder";
import { driver } from "./record";
import { savedArguments, type SavedKubernetes, toSaved } from "./saved";

/**
 * Returns a builder with the arguments that describe it, which buildx's record has. The kubeconfig of another
 * `KubernetesBuilder` becomes its text, because that resource removes its file.
 *
 * @throws {Error} if buildx has no record of the builder, or it has another driver.
 */
export async function importBuilder(call: Call, id: string): Promise<Imported<KubernetesInputs, SavedKubernetes>> {
    const name = canonicalName(id);
    const illegal = whyUnreadableName(id);
    if (illegal !== undefined) throw new Error(illegal);
    await requireKubernetes(name);
    const { outputs, nodes, found, warning } = await findKubernetes(name, call.signal);
    if (warning !== undefined) await call.warn(warning);
    const args = await argumentsOf(name, nodes, call);
    const owner = { urn: call.urn, store: await storeIdentifier() };
    const saved = toSaved(args, owner, name, {
        outputs: outputs.nodes,
        places: Object.fromEntries(
            found.flatMap(({ outputs: node, place }) => (place === undefined ? [] : [[node.name, place]])),
        ),
        foundClaims: {}, // the claims belong to the builder
    });
    return { id: name, saved, args: savedArguments(saved) };
}

/** @throws {Error} if the builder has another driver. */
export async function requireKubernetes(name: string): Promise<void> {
    const [record, other] = await Promise.all([readRecord(name), otherDriver(name)]);
    const found = other ?? (record.is === "present" ? containerDriver : undefined);
    if (found === undefined || found === driver) return; // a missing or unreadable record is reported later
    throw new Error(
        `builder "${name}" cannot be read as a KubernetesBuilder: its driver is ${found} instead of ${driver}. ` +
            `Use the resource of that driver, or: docker buildx inspect ${name}`,
    );
}

async function argumentsOf(name: string, nodes: readonly StoredNode[], call: Call): Promise<KubernetesInputs> {
    const each = await Promise.all(nodes.map((node) => argumentsOfNode(name, node, call)));
    const load = nodes.map(({ DriverOpts: options }) => options?.["default-load"]).find((value) => value !== undefined);
    const ofBuilder = load === undefined ? {} : { defaultLoad: isTrue(load) };
    const [first = {}] = each;
    if (nodes.length === 1 && nodes[0]?.Name === nodeName(name, 0)) return { name, ...first, ...ofBuilder };
    const ofNodes = nodes.map((node, index) => ({
        ...(node.Name !== nodeName(name, index) && { name: node.Name }),
        ...each[index],
    }));
    return { name, nodes: ofNodes, ...ofBuilder };
}

const isTrue = (text: string): boolean => /^(?:1|t|true)$/i.test(text);

async function argumentsOfNode(builder: string, node: StoredNode, call: Call): Promise<KubernetesNodeInputs> {
    const { Name: name, Endpoint: endpoint, Platforms: platforms, Flags: flags, Files: files } = node;
    const { args, unsupported } = argumentsOfOptions(node.DriverOpts ?? {});
    if (unsupported.length > 0) {
        const what = `node ${name} has driver options that this package does not support: ${unsupported.join(", ")}`;
        await call.warn(`${what}. The next change of the builder removes them from buildx's record`);
    }
    const path = kubeconfigOf(endpoint);
    const isOwn = path !== undefined && isInFolder(folderOf(builder), path);
    const kubeconfig = isOwn ? await readFile(path, "utf8").catch(() => path) : path;
    const config = files?.[configFile];
    const hasCertificates = Object.keys(files ?? {}).some((file) => file !== configFile);
    if (hasCertificates)
        await call.warn(
            `node ${name} has certificates: set their paths in buildkitdConfig, which has those in the pod`,
        );
    return {
        ...(kubeconfig !== undefined && { kubeconfig }),
        ...args,
        ...(platforms !== null && platforms.length > 0 && { platforms: platforms.map(formatPlatform) }),
        ...(flags !== null && flags.length > 0 && { buildkitdFlags: flags }),
        ...(config !== undefined && { buildkitdConfig: Buffer.from(config, "base64").toString("utf8") }),
    };
}

type Options = Readonly<Record<string, string>>;

/** Returns the arguments for driver options, and the options that have no argument. */
export function argumentsOfOptions(options: Options): { args: KubernetesNodeInputs; unsupported: string[] } {
    const args: Record<string, unknown> = {};
    const env: Record<string, string> = {};
    const unsupported: string[] = [];
    for (const [key, value] of Object.entries(options)) {
        const reader = readers[key];
        if (key.startsWith("env.")) env[key.slice("env.".length)] = value;
        else if (reader !== undefined) args[reader[0]] = reader[1](value);
        else if (!(key in known)) unsupported.push(key);
    }
    const [requests, limits] = [resourcesIn(options, "requests"), resourcesIn(options, "limits")];
    const qemu = {
        ...(options["qemu.install"] !== undefined && { install: isTrue(options["qemu.install"]) }),
        ...(options["qemu.image"] !== undefined && { image: options["qemu.image"] }),
    };
    const all = {
        ...args,
        ...(requests && { requests }),
        ...(limits && { limits }),
        ...(Object.keys(qemu).length > 0 && { qemu }),
        ...(Object.keys(env).length > 0 && { env }),
    };
    return { args: all, unsupported };
}

/** The options that are read elsewhere. A builder's time limit is an argument of its own. */
const known: Options = Object.fromEntries(
    [
        ...["requests", "limits"].flatMap((kind) =>
            ["cpu", "memory", "ephemeral-storage"].map((of) => `${kind}.${of}`),
        ),
        ...["qemu.install", "qemu.image", "default-load", "timeout"],
    ].map((key) => [key, ""]),
);

/** By driver option, the argument and how its value is read. */
const readers: Readonly<Record<string, readonly [keyof KubernetesNodeInputs, (text: string) => unknown]>> = {
    namespace: ["namespace", String],
    image: ["image", String],
    replicas: ["replicas", Number],
    nodeselector: ["nodeSelector", pairsIn],
    tolerations: ["tolerations", tolerationsIn],
    labels: ["labels", pairsIn],
    annotations: ["annotations", pairsIn],
    serviceaccount: ["serviceAccount", String],
    schedulername: ["schedulerName", String],
    rootless: ["rootless", isTrue],
    loadbalance: ["loadbalance", String],
    "persistent-volume-claim.requests.storage": ["persistentVolumeClaim", (storage) => ({ storage })],
};

function pairsIn(text: string): Record<string, string> {
    const pairs = text.replace(/^"+|"+$/g, "").split(",");
    return Object.fromEntries(pairs.map((pair) => [pair.split("=")[0] ?? "", pair.split("=").slice(1).join("=")]));
}

function tolerationsIn(text: string): KubernetesToleration[] {
    return text.split(";").map((each) => {
        const { tolerationSeconds, ...others } = pairsIn(each);
        return { ...others, ...(tolerationSeconds !== undefined && { tolerationSeconds: Number(tolerationSeconds) }) };
    });
}

function resourcesIn(options: Options, kind: string): KubernetesResources | undefined {
    const of = {
        cpu: options[`${kind}.cpu`],
        memory: options[`${kind}.memory`],
        ephemeralStorage: options[`${kind}.ephemeral-storage`],
    };
    const given = Object.entries(of).filter(([, value]) => value !== undefined);
    return given.length === 0 ? undefined : Object.fromEntries(given);
}
