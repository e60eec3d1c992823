import { strict as assert } from "node:assert";
import { join } from "node:path";
import { checkout, type Project } from "./project";
import { type Ended, run } from "./run";

export const main = join(checkout, "dist/cli/main.js");

/** Runs the built `pulumi-buildx` with the store of a project. */
export const cli = ({ env }: Project, ...args: string[]): Promise<Ended> => run("node", [main, ...args], { env });

/** Returns the JSON output of `status`. */
export async function status<T = Status>(project: Project, ...names: string[]): Promise<T> {
    return JSON.parse((await cli(project, "status", "--json", ...names)).stdout) as T;
}

export interface Status {
    builders: {
        name: string;
        driver: string;
        isCurrent: boolean;
        hasRecord: boolean;
        status: string;
        lastUsed: string | null;
        resource: { urn: string; stack: string; project: string; type: string; name: string } | null;
        nodes: {
            name: string;
            endpoint: string;
            status: string;
            buildkitVersion: string | null;
            platforms: string[];
            cache: { total: number; reclaimable: number | null; byType: Record<string, number> | null } | null;
            resource: { type: string; name: string } | null;
        }[];
    }[];
}

export interface Finding {
    kind: string;
    subject: string;
    found: string;
    mends: { what: string; command?: string }[];
}

/** Returns the problems that `doctor` finds, after checking its exit code. */
export async function doctor(project: Project, ...names: string[]): Promise<Finding[]> {
    const { code, stdout, output } = await cli(project, "doctor", "--json", ...names);
    if (code !== 0 && code !== 1) throw new Error(`doctor failed with exit code ${code}:\n${output}`);
    const { healthy, findings }: { healthy: boolean; findings: (Finding & { severity: string })[] } =
        JSON.parse(stdout);
    if (healthy !== (code === 0))
        throw new Error(`the exit code ${code} of doctor does not match its output:\n${stdout}`);
    return findings.filter(({ severity }) => severity === "problem");
}

/** Runs a printed command in a shell. */
export const shell = ({ env, folder }: Project, command: string): Promise<Ended> =>
    run("sh", ["-c", command], { cwd: folder, env: { ...env, PULUMI_SKIP_CONFIRMATIONS: "true" } });

/** Creates a builder with buildx, with the name of the project. */
export const create = (project: Project, ...args: string[]): Promise<string> =>
    project.buildx("create", "--name", project.unique, "--driver", "docker-container", ...args);

/** Returns the only finding, which must be of this kind. */
export async function find(project: Project, kind: string, ...names: string[]): Promise<Finding> {
    const found = await doctor(project, ...(names.length > 0 ? names : [project.unique]));
    assert.deepEqual(
        found.map((each) => each.kind),
        [kind],
        JSON.stringify(found, undefined, 4),
    );
    return found[0] as Finding;
}

/** Runs the printed command that contains `choice`, or the first command. Afterwards there must be no finding. */
export async function fix(project: Project, { mends }: Finding, choice = "", ...names: string[]): Promise<void> {
    const { command } = mends.find((each) => each.command?.includes(choice)) ?? {};
    assert.ok(command, `no command has ${choice} in ${JSON.stringify(mends)}`);
    const { output } = await shell(project, command);
    const left = await doctor(project, ...(names.length > 0 ? names : [project.unique]));
    assert.deepEqual(left, [], `after ${command}:\n${output}`);
}
