/**
 * Runs a Pulumi program with Pulumi's own mocks, for programs with a provider that cannot be had everywhere: nothing is
 * made, but every resource is asked for with what the program computes.
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

/** @param state what the provider would add to the inputs of each resource. */
export async function runWithMocks(program: string, state: Record<string, object>): Promise<Mocked> {
    const args = ["-r", "ts-node/register/transpile-only", __filename, program, JSON.stringify(state)];
    return JSON.parse(await must("node", args, { cwd: checkout })) as Mocked;
}

/** Asked before a program is run that needs the plugin, since Pulumi tries for long where it cannot be had. */
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

/** In a process of its own, since the mocks hold for all of one. */
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
