#!/usr/bin/env node
/** `pulumi-buildx`: what there is on this machine, and what is wrong with it. Modules are loaded when they are needed. */
import { parseArguments, UsageError } from "./arguments";

/** For wrong arguments; 1 is a doctor's who found something. */
const wrongUsage = 2;

async function main(args: readonly string[]): Promise<number> {
    const asked = parseArguments(args);
    if (asked === "help") {
        const { help } = await import("./help");
        process.stdout.write(help);
        return args.length === 0 ? wrongUsage : 0;
    }
    if (asked === "version") {
        const { version } = await import("./version");
        process.stdout.write(`${await version()}\n`);
        return 0;
    }
    if (asked.command === "status") {
        const { status } = await import("./status/status");
        return status(asked);
    }
    const { doctor } = await import("./doctor/doctor");
    return doctor(asked);
}

main(process.argv.slice(2)).then(end, (error: unknown) => {
    const isUsage = error instanceof UsageError;
    process.stderr.write(`pulumi-buildx: ${isUsage ? error.message : ((error as Error).stack ?? String(error))}\n`);
    if (isUsage) process.stderr.write("pulumi-buildx --help tells what there is.\n");
    end(isUsage ? wrongUsage : 3);
});

/** Once all is written: a question that nobody waits for any more may still be open. */
function end(code: number): void {
    process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}
