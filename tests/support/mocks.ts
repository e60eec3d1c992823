/**
 * Runs a Pulumi program with Pulumi's own mocks, for programs with a provider that cannot be had everywhere: nothing is
 * made, but every resource is asked for with what the program computes.
 */
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
