/** The ConfigMaps with the configuration of a node: one for each folder, with the names that buildx gives them. */
import { posix } from "node:path";
import type { DesiredNode } from "./desired";

export interface ConfigMap {
    readonly name: string;
    /** Path below buildkitd's configuration folder; `.` for the folder itself. */
    readonly folder: string;
    /** Content of each file by its name. */
    readonly files: Readonly<Record<string, Buffer>>;
}

export function configMapsOf({ workload, files: { contents } }: Pick<DesiredNode, "workload" | "files">): ConfigMap[] {
    const paths = Object.keys(contents).sort();
    // buildx numbers the folders in no particular order.
    const folders = [...new Set(paths.map((path) => posix.dirname(path)))].filter((folder) => folder !== ".");
    const filesIn = (folder: string) =>
        Object.fromEntries(
            paths
                .filter((path) => posix.dirname(path) === folder)
                .map((path) => [posix.basename(path), contents[path] as Buffer]),
        );
    return [
        ...(paths.some((path) => posix.dirname(path) === ".")
            ? [{ name: `${workload}-config`, folder: ".", files: filesIn(".") }]
            : []),
        ...folders.map((folder, index) => ({
            name: `${workload}-config-${index + 1}`,
            folder,
            files: filesIn(folder),
        })),
    ];
}

/** Whether a ConfigMap has the name of one of a workload's ConfigMaps. */
export const isConfigMapOf = (workload: string, name: string): boolean =>
    name.startsWith(`${workload}-config`) && /^(?:-\d+)?$/.test(name.slice(`${workload}-config`.length));
