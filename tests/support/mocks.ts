/**
 * Runs a Pulumi program with Pulumi's own mocks, for programs whose provider is not available everywhere. Nothing is
 * created, but every resource is registered with the inputs that the program computes.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { checkout } from "./project";
import { must } from "./run";

export interface Mocked {
    resources: { type: string; name: string; inputs: Record<string, unknown> }[];
    outputs: Record<string, unknown>;
}

/**
 * Runs a program and returns its resources and outputs.
 *
 * @param state what the provider adds to the inputs, by resource type.
 */
export async function runWithMocks(program: string, state: Record<string, object>): Promise<Mocked> {
    const args = ["-r", "ts-node/register/transpile-only", __filename, program, JSON.stringify(state)];
    return JSON.parse(await must("node", args, { cwd: checkout })) as Mocked;
}

/**
 * Whether a plugin can be downloaded. Check this before running a program that needs it: Pulumi retries for a long
 * time.
 */
export async function canDownloadPlugin(name: string): Promise<boolean> {
    const installed = join(checkout, "node_modules/@pulumi", name, "package.json");
    const { version } = JSON.parse(await readFile(installed, "utf8")) as { version: string };
    const { platform, arch } = process;
    const plugin = `pulumi-resource-${name}-v${version}-${platform}-${arch === "x64" ? "amd64" : arch}.tar.gz`;
    const options = { method: "HEAD", signal: AbortSignal.timeout(5000) };
    return fetch(`https://get.pulumi.com/releases/plugins/${plugin}`, options).then(
        ({ ok }) => ok,
        () => false,
    );
}

/** Runs in a separate process, because mocks apply to the whole process. */
async function main(program: string, state: Record<string, object>): Promise<void> {
    const resources: Mocked["resources"] = [];
    await pulumi.runtime.setMocks({
        newResource: ({ type, name, inputs }) => {
            resources.push({ type, name, inputs });
            return { id: `${name}-id`, state: { ...inputs, ...state[type] } };
        },
        call: ({ inputs }) => inputs as object,
    });
    const exported = (await import(join(checkout, program))) as Record<string, unknown>;
    pulumi.output(exported).apply((outputs) => console.log(JSON.stringify({ resources, outputs })));
}

if (require.main === module) {
    const [program = "", state = "{}"] = process.argv.slice(2);
    void main(program, JSON.parse(state) as Record<string, object>);
}
