import { execFile } from "node:child_process";

export interface Ended {
    code: number;
    /** Standard output, followed by standard error and, if the program did not start, the error. */
    output: string;
    stdout: string;
}

export interface RunOptions {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
}

/** Runs a program until it exits, whatever its exit code is. */
export function run(program: string, args: string[], { cwd, env }: RunOptions = {}): Promise<Ended> {
    return new Promise((resolve) => {
        const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
        execFile(program, args, options, (error, stdout, stderr) => {
            const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
            resolve({ code, stdout, output: stdout + stderr + (code === -1 ? error?.message : "") });
        });
    });
}

/**
 * Runs a program and returns its standard output.
 *
 * @throws {Error} if the program fails.
 */
export async function must(program: string, args: string[], options?: RunOptions): Promise<string> {
    const { code, stdout, output } = await run(program, args, options);
    if (code !== 0) throw new Error(`${program} ${args.join(" ")} failed with exit code ${code}:\n${output}`);
    return stdout;
}

/** Works on all values, on four at the same time: more would only wait for the processor. */
export async function inTurns<Value>(
    values: readonly Value[],
    work: (value: Value, index: number) => Promise<unknown>,
): Promise<void> {
    const entries = values.entries();
    const worker = async () => {
        for (const [index, value] of entries) await work(value, index);
    };
    await Promise.all(Array.from({ length: 4 }, worker));
}
