import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Project } from "./project";

/** Returns the processes of a project whose command line contains `part`. */
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

/** Returns the peak memory of each of a project's processes during some work, in kB, by process id. */
export async function memoryDuring(
    project: Project,
    part: string,
    work: Promise<unknown>,
): Promise<Map<number, number>> {
    const most = new Map<number, number>();
    let isDone = false;
    const done = work.finally(() => (isDone = true));
    done.catch(() => {}); // thrown by the last await
    while (!isDone) {
        for (const pid of await processesOf(project, part)) {
            const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
            const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
            if (peak !== undefined) most.set(pid, Number(peak));
        }
        await sleep(50);
    }
    await done;
    return most;
}
