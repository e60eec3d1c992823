#!/usr/bin/env node
/**
 * `pulumi-buildx`: shows the builders on this machine and their problems, and installs the plugin. Modules are loaded
 * when they are needed.
 */
import { parseArguments, UsageError } from "./arguments";

/** The exit code for invalid arguments. `doctor` uses 1 for problems it found. */
const usageErrorCode = 2;

async function main(args: readonly string[]): Promise<number> {
    const invocation = parseArguments(args);
    if (invocation === "help") {
        const { help } = await import("./help");
        process.stdout.write(help);
        return args.length === 0 ? usageErrorCode : 0;
    }
    if (invocation === "version") {
        const { version } = await import("./version");
        process.stdout.write(`${await version()}\n`);
        return 0;
    }
    if (invocation === "doctor list") {
        const { renderKinds } = await import("./doctor/kinds");
        process.stdout.write(renderKinds());
        return 0;
    }
    if (invocation === "plugin install") {
        const { installPlugin } = await import("./plugin/install");
        return installPlugin(
            (text) => process.stdout.write(text),
            (text) => process.stderr.write(text),
        );
    }
    if (invocation.command === "status") {
        const { status } = await import("./status/status");
        return status(invocation);
    }
    const { doctor } = await import("./doctor/doctor");
    return doctor(invocation);
}

main(process.argv.slice(2)).then(end, (error: unknown) => {
    const isUsage = error instanceof UsageError;
    process.stderr.write(`pulumi-buildx: ${isUsage ? error.message : ((error as Error).stack ?? String(error))}\n`);
    if (isUsage) process.stderr.write("List the commands and options with: pulumi-buildx --help\n");
    end(isUsage ? usageErrorCode : 3);
});

/**
 * Exits after all output is written. A query that timed out may still be open, so the process would not exit by itself.
 */
function end(code: number): void {
    process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}
