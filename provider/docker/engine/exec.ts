import { addAbortSignal, type Readable } from "node:stream";
import type { ExecResult } from "../../execResult";
import { untilAborted } from "../../waiting";
import type { Engine } from "./engine";
import { demultiplex, readAll } from "../../streams";

/**
 * Runs a command in a container and waits until it exits.
 *
 * @param signal ends the wait. The command keeps running.
 */
export async function execInContainer(
    { api }: Engine,
    container: string,
    command: string[],
    signal?: AbortSignal,
): Promise<ExecResult> {
    const abortable = { ...(signal && { abortSignal: signal }) };
    const options = { Cmd: command, AttachStdout: true, AttachStderr: true };
    const run = async () => {
        const exec = await api.getContainer(container).exec({ ...options, ...abortable });
        const output: Readable = await exec.start({ ...abortable });
        if (signal !== undefined) addAbortSignal(signal, output);
        return { frames: await readAll(output), ended: await exec.inspect({ ...abortable }) };
    };
    const { frames, ended } = await untilAborted(run(), signal);
    const { ExitCode: exitCode } = ended;
    return {
        exitCode: exitCode ?? -1,
        stdout: demultiplex(frames, "stdout"),
        stderr: demultiplex(frames, "stderr"),
    };
}
