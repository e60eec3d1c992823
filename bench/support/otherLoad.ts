/**
 * Measures how much of the processors other programs use during a measurement, on Linux. The engines and the cluster
 * work for the bench, so they and all processes below them are not other programs.
 */
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Programs that work for whoever calls them. The kernel cuts names after 15 characters. */
const servers = /^(dockerd|containerd|containerd-shim|runc|kube|etcd|docker-proxy|docker-init|kthreadd)/;

/** Length of a tick in `/proc`, in milliseconds. Linux has the same on all architectures. */
const tick = 10;

/** Time between two samples, in milliseconds. A process that starts and ends in between counts once its parent waited. */
const interval = 1_000;

/** A measurement shorter than this, in milliseconds, has too few ticks. */
const shortest = 500;

export interface Process {
    /** Distinguishes the process from an earlier one with the same number. */
    readonly key: string;
    readonly parent: number;
    readonly name: string;
    /** Processor time of the process and of its children that ended, in ticks. */
    readonly ticks: number;
}

/** Reads a line of `/proc/<pid>/stat` (proc_pid_stat(5)). */
function parseProcess(pid: string, line: string): Process {
    const end = line.lastIndexOf(")");
    const fields = line.slice(end + 2).split(" "); // from the third field on
    const number = (field: number) => Number(fields[field - 3]);
    const ticks = number(14) + number(15) + number(16) + number(17);
    return { key: `${pid} ${number(22)}`, parent: number(4), name: line.slice(line.indexOf("(") + 1, end), ticks };
}

function readProcesses(): Map<number, Process> {
    const found = new Map<number, Process>();
    for (const pid of readdirSync("/proc")) {
        if (!/^\d+$/.test(pid)) continue;
        try {
            found.set(Number(pid), parseProcess(pid, readFileSync(`/proc/${pid}/stat`, "utf8")));
        } catch {
            // it has ended
        }
    }
    return found;
}

/** Returns the processor time that the hypervisor gave to other machines, in ticks. */
function readStolen(): number {
    const [, , , , , , , , stolen = "0"] = readFileSync("/proc/stat", "utf8").split(/\s+/, 9);
    return Number(stolen);
}

/** Tells the processes of other programs from the processes that work for the bench. */
export class OtherProcesses {
    /** Processes that worked for the bench. They still do if their parent ends before them. */
    private readonly own = new Set<string>();

    /** @param self the number of the bench's process. */
    constructor(private readonly self: number) {}

    /** Returns the processor time of the processes of other programs, in ticks. */
    ticks(processes: ReadonlyMap<number, Process>): number {
        const others = [...processes].filter(([pid]) => pid !== 1 && !this.isOwn(pid, processes));
        return others.reduce((sum, [, { ticks }]) => sum + ticks, 0);
    }

    /** Whether a process belongs to the bench, to an engine, to the cluster or to the kernel. */
    private isOwn(pid: number, processes: ReadonlyMap<number, Process>): boolean {
        const found = processes.get(pid);
        if (found === undefined) return false;
        if (servers.test(found.name) || this.own.has(found.key)) return true;
        if (pid !== this.self && !this.isOwn(found.parent, processes)) return false;
        this.own.add(found.key);
        return true;
    }
}

/** Counts the processor time of other programs while it is measured. */
export class OtherLoad {
    private readonly others = new OtherProcesses(process.pid);
    private before: number | undefined;
    /** Processor time of other programs since the start, in ticks. */
    private used = 0;

    /**
     * Does some work. Returns its result and the share of the processors that other programs used; `undefined` if the
     * share is not known.
     */
    async during<T>(work: () => Promise<T>): Promise<{ result: T; share: number | undefined }> {
        if (process.platform !== "linux") return { result: await work(), share: undefined };
        const timer = setInterval(() => this.sample(), interval);
        timer.unref();
        try {
            this.sample();
            const [used, start] = [this.used, performance.now()];
            const result = await work();
            this.sample();
            const time = performance.now() - start;
            return { result, share: time < shortest ? 0 : ((this.used - used) * tick) / (time * cpus().length) };
        } finally {
            clearInterval(timer);
        }
    }

    private sample(): void {
        const now = readStolen() + this.others.ticks(readProcesses());
        // The sum decreases if a process ends and nobody waits for it.
        this.used += Math.max(0, now - (this.before ?? now));
        this.before = now;
    }
}
