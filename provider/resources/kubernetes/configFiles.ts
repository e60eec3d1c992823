/** The configuration files of each node's buildkitd. */
import { type FileNames, configFiles, configuredEntitlements, digestOfFiles } from "../../buildkit/config/files";
import { withGc } from "../../buildkit/gc";
import { withKeepBytes } from "../../buildkit/keepBytes";
import type { ConfiguredEntitlements } from "../../buildx/entitlements";
import { configOf } from "../builder/config";
import type { KubernetesInputs } from "./args";
import { nodesInArgs } from "./nodeArgs";

export interface NodeFiles {
    /** File contents by path, relative to buildkitd's configuration folder. */
    readonly contents: Readonly<Record<string, Buffer>>;
    /** The digest of all files; "" for no files. */
    readonly digest: string;
    /** The insecure entitlements in the configuration. */
    readonly entitlements: ConfiguredEntitlements;
}

export const noFiles: NodeFiles = { contents: {}, digest: "", entitlements: {} };

/**
 * Returns the files of each node, by the node's name: its `buildkitdConfig` and the files that it names. If there is no
 * `buildkitdConfig`, buildx's default configuration is used instead. A workload of another resource has its own.
 *
 * @param names the paths that certificates and keys keep, by node.
 */
export async function configFilesOf(
    inputs: KubernetesInputs,
    names: Readonly<Record<string, FileNames>> = {},
): Promise<ReadonlyMap<string, NodeFiles>> {
    const each = nodesInArgs(inputs).map(async ({ name, args }) => {
        if (args.workload !== undefined) return [name, noFiles] as const;
        const table = withGc(await configOf(args.buildkitdConfig), inputs.gc, withKeepBytes);
        if (table === undefined) return [name, noFiles] as const;
        const contents = await configFiles(table, names[name]);
        const digest = await digestOfFiles(contents);
        return [name, { contents, digest, entitlements: configuredEntitlements(table) }] as const;
    });
    return new Map(await Promise.all(each));
}
