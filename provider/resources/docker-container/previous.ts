/** The builder in Pulumi's state. */
import type { TlsArguments } from "../../docker/endpoint/tls";
import type { BuilderInputs } from "./args";
import { type DesiredBuilder, type DesiredNode, desiredBuilder } from "./desired";
import { noFiles, type NodeFiles } from "./node/files";
import type { DescribedNode } from "./node/outputs";
import { type SavedBuilder, savedArguments } from "./saved";

export interface PreviousBuilder {
    readonly name: string;
    readonly args: BuilderInputs;
    /** The builder that the saved arguments describe. */
    readonly desired: DesiredBuilder;
    /** If a node moved and could not be removed from its old location, its old entry comes after the current one. */
    readonly nodes: readonly PreviousNode[];
}

export interface PreviousNode {
    readonly name: string;
    /**
     * The node that the saved arguments describe. `undefined` for a node that was removed from the program but could
     * not be deleted.
     */
    readonly desired: DesiredNode | undefined;
    readonly described: DescribedNode;
    /** The docker context or host in the arguments. `undefined` if the docker CLI chooses the engine. */
    readonly endpoint: string | undefined;
    readonly tls: TlsArguments | undefined;
    /** The node's endpoint in buildx's record. Empty if the engine was never reached. */
    readonly stored: string;
    /** Whether the volume belongs to a `BuildKitState`. */
    readonly isStateVolume: boolean;
    /** Whether the volume existed before the builder, or this is not known. */
    readonly volumeWasThere: boolean;
    /** Whether a refresh found that the image's name now refers to another image. */
    readonly imageMoved: boolean;
    /** Settings in which a refresh found that the container differs from the arguments. */
    readonly drifted: readonly string[];
    /**
     * When the container was started whose buildkitd last responded, according to Pulumi's state. `undefined` if the
     * state has no such time.
     */
    readonly answersSince: string | undefined;
}

/** Loads a builder from Pulumi's state. */
export function load(saved: SavedBuilder): PreviousBuilder {
    const args = savedArguments(saved);
    const desired = savedDesired(saved, args);
    return { name: saved.name, args, desired, nodes: previousNodes(saved, desired) };
}

function savedDesired(saved: SavedBuilder, args: BuilderInputs): DesiredBuilder {
    // Each of `__nodes` already includes the builder's own arguments, or the values that a refresh found instead.
    const ofEachNode = { driverOpts: undefined, platforms: undefined, buildkitdFlags: undefined, tls: undefined };
    const asked = args.nodes === undefined ? args : { ...args, ...ofEachNode };
    const desired = desiredBuilder(asked, saved.__owner, savedFiles(saved));
    const nodes = desired.nodes.map(({ settings: { limits, fixed }, written, ...node }): DesiredNode => {
        const deviations = saved.__deviations?.[node.name] ?? "";
        return {
            ...node,
            settings: { limits, fixed: { ...fixed, deviations } },
            written: { ...written, ofBuilder: args },
        };
    });
    return { ...desired, nodes };
}

/** Returns what the state has of the nodes' files, by node: digests and entitlements. */
function savedFiles({
    __files = {},
    __entitlements = {},
    __fileNames = {},
}: SavedBuilder): ReadonlyMap<string, NodeFiles> {
    const names = new Set([...Object.keys(__files), ...Object.keys(__entitlements)]);
    const files = [...names].map((name): [string, NodeFiles] => [
        name,
        {
            ...noFiles,
            digest: __files[name] ?? "",
            entitlements: __entitlements[name] ?? {},
            names: __fileNames[name] ?? {},
        },
    ]);
    return new Map(files);
}

function previousNodes(saved: SavedBuilder, builder: DesiredBuilder): PreviousNode[] {
    const seen = new Set<string>();
    return saved.nodes.map((outputs): PreviousNode => {
        const { name, dockerEndpoint: stored, status } = outputs;
        const isCurrent = !seen.has(name);
        seen.add(name);
        const asked = builder.nodes.find((node) => node.name === name);
        const desired = isCurrent ? asked : undefined;
        const startedAt = saved.__startedAt?.[name];
        return {
            name,
            desired,
            described: { outputs, startedAt },
            // A node that was removed from the program but could not be deleted has no arguments. Its endpoint is the
            // one in buildx's record.
            endpoint: desired === undefined ? stored : desired.endpoint,
            tls: desired?.tls,
            stored,
            isStateVolume: asked?.isStateVolume ?? false,
            volumeWasThere: saved.__foundVolumes?.includes(name) ?? true,
            imageMoved: saved.__imageMoved?.includes(name) === true,
            drifted: saved.__drifted?.[name] ?? [],
            answersSince: status === "running" ? startedAt : undefined,
        };
    });
}
