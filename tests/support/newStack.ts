import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Pulumi checks the passphrase "test" with this text. */
const encryptionsalt = "v1:++nFcDjBhpo=:v1:c3PYr4qlW0kT9gHR:ABFktJwvC3KqYhQf+v/Z9EvFmk2YXQ==";

/** What the files of a new stack depend on. */
export interface NewStack {
    /** The folder of `Pulumi.yaml`. */
    readonly folder: string;
    /** The folder of the backend. */
    readonly backend: string;
    /** The name in `Pulumi.yaml`. */
    readonly project: string;
}

/**
 * Writes what `pulumi stack init test` writes for the passphrase "test", but does not select the stack: `PULUMI_STACK`
 * selects it. Pulumi's CLI takes half a second of the processor for this. `environment.test.ts` compares both.
 */
export async function writeNewStack({ folder, backend, project }: NewStack): Promise<void> {
    const stacks = join(backend, ".pulumi/stacks", project);
    await mkdir(stacks, { recursive: true });
    const latest = {
        manifest: { time: new Date().toISOString(), magic: "", version: "" }, // the first operation writes the version
        secrets_providers: { type: "passphrase", state: { salt: encryptionsalt } },
        metadata: {},
    };
    const checkpoint = { stack: `organization/${project}/test`, latest };
    await Promise.all([
        writeFile(join(folder, "Pulumi.test.yaml"), `encryptionsalt: ${encryptionsalt}\n`),
        writeFile(join(backend, ".pulumi/meta.yaml"), "version: 1\n"),
        writeFile(join(stacks, "test.json"), JSON.stringify({ version: 3, checkpoint })),
    ]);
}
