import { execFile } from "node:child_process";
import type { ExecResult } from "../execResult";

/**
 * Runs a program of this machine until it exits, without a shell. A nonzero exit code is not an error.
 *
 * @param signal stops the program.
 * @throws {Error} if the program cannot be started.
 * @throws the signal's reason if the signal aborts.
 */
export function runProgram(program: string, args: readonly string[], signal?: AbortSignal): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
        const options = { maxBuffer: 16 * 1024 * 1024, ...(signal && { signal }) };
        execFile(program, args, options, (error, stdout, stderr) => {
            const { code = 0 } = error ?? {}; // the exit code if the program was started
            if (signal?.aborted) reject(signal.reason as Error);
            else if (typeof code === "number") resolve({ exitCode: code, stdout, stderr });
            else reject(new Error(error?.message, { cause: error }));
        });
    });
}
