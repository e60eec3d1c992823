import { readdir, readFile, readlink } from "node:fs/promises";
import type { Project } from "./project";

/** Processes that belong to a project, by what their command line holds. */
export async function processesOf(project: Project, part: string): Promise<number[]> {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    const found = await Promise.all(
        pids.map(async (pid) => {
            const [command, folder] = await Promise.all([
                readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
                readlink(`/proc/${pid}/cwd`).catch(() => ""),
            ]);
            return command.includes(part) && folder.startsWith(project.folder) ? pid : 0;
        }),
    );
    return found.filter((pid) => pid !== 0);
}
