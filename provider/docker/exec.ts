import type { Engine } from "./engine";
import { demultiplex, readAll } from "./streams";

export interface ExecResult {
    readonly exitCode: number;
    readonly stdout: string;
    readonly stderr: string;
}

/** Runs a command in a container to its end. */
export async function execInContainer({ api }: Engine, container: string, command: string[]): Promise<ExecResult> {
    const exec = await api.getContainer(container).exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
    const frames = await readAll(await exec.start({}));
    const { ExitCode: exitCode } = await exec.inspect();
    return {
        exitCode: exitCode ?? -1,
        stdout: demultiplex(frames, "stdout"),
        stderr: demultiplex(frames, "stderr"),
    };
}
