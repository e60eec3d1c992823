/** The record in which buildx stores a builder. */
import type { DriverOptions } from "../../buildx/driverOptions";
import { formatPlatform, type Platform } from "../../text/platform";
import { driver, type NodeGroup, type StoredNode } from "../../buildx/store";
import type { DesiredNode } from "./desired";
import { allOptions } from "./options/groups";

/** A node, and its endpoint for the record or why the endpoint is not known. */
export interface NodeToRecord {
    readonly desired: DesiredNode;
    readonly stored: string;
    readonly error?: string | undefined;
}

/**
 * Returns the record that `docker buildx create`, and then `create --append` for each further node, would write. A node
 * with an error is left out, because buildx would boot it by itself the next time its engine responds. If the record
 * already has the node, the node is kept.
 *
 * @param before the existing record.
 */
export function recordOf(name: string, nodes: readonly NodeToRecord[], before?: NodeGroup): NodeGroup {
    const stored = nodes.flatMap(({ desired, stored: endpoint, error }): StoredNode[] => {
        if (error === undefined) return [storedNode(desired, endpoint)];
        return before?.Nodes.filter(({ Name }) => Name === desired.name) ?? [];
    });
    return { Name: name, Driver: driver, Nodes: eachPlatformOnce(stored), Dynamic: false };
}

const storedNode = (node: DesiredNode, endpoint: string): StoredNode => ({
    Name: node.name,
    Endpoint: endpoint,
    Platforms: node.platforms.length === 0 ? null : [...node.platforms],
    DriverOpts: toStoredDriverOptions(node.options),
    Flags: node.settings.fixed.flags.length === 0 ? null : node.settings.fixed.flags,
    Files: node.files.digest === "" ? null : storedFiles(node.files.contents),
});

/**
 * Returns the options as buildx writes them to its store: the values for `docker buildx create --driver-opt` as text,
 * by option. `null` if there are none.
 */
export function toStoredDriverOptions(options: DriverOptions): Record<string, string> | null {
    const stored: Record<string, string> = {};
    for (const [key, { buildx: spelling }] of allOptions) {
        const value = options[key];
        if (value === undefined) continue;
        if (typeof value === "object") {
            for (const [name, text] of Object.entries(value)) stored[`${spelling}.${name}`] = text;
        } else {
            stored[spelling] = String(value);
        }
    }
    const inOrder = Object.entries(stored).sort(([a], [b]) => (a < b ? -1 : 1));
    return inOrder.length === 0 ? null : Object.fromEntries(inOrder);
}

const storedFiles = (files: Readonly<Record<string, Buffer>>): Record<string, string> =>
    Object.fromEntries(
        Object.entries(files)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([path, content]) => [path, content.toString("base64")]),
    );

/**
 * Returns the nodes with each platform only in the last node that has it (buildx: `store/nodegroup.go`,
 * `validateDuplicates`).
 */
function eachPlatformOnce(nodes: StoredNode[]): StoredNode[] {
    return nodes.map((node, index) => {
        if (index === nodes.length - 1) return node;
        const following = nodes.slice(index + 1).flatMap((each) => each.Platforms ?? []);
        const isTaken = (platform: Platform) =>
            following.some((each) => formatPlatform(each) === formatPlatform(platform));
        return { ...node, Platforms: (node.Platforms ?? []).filter((platform) => !isTaken(platform)) };
    });
}
