import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { allowsDeletion } from "../calls";
import { deleteUnreachableSetting } from "../lifecycle";

/**
 * Whether a resource may be removed from Pulumi's state if its engine is unreachable: `buildx:deleteUnreachable` in the
 * stack's configuration, or the environment variable `PULUMI_BUILDX_DELETE_UNREACHABLE`. Pulumi's Kubernetes provider
 * has the same setting.
 *
 * @param urn the URN of the resource. The configuration of its stack is read.
 * @default false
 */
export const deletesUnreachable = async (urn: string): Promise<boolean> =>
    allowsDeletion((await stackSetting(urn)) ?? undefined);

/**
 * Reads the setting from the stack's configuration file. During `pulumi destroy`, Pulumi sends a provider the
 * configuration of the last `pulumi up`. If the user adds the setting after the engine became unreachable, that
 * configuration does not have it.
 */
async function stackSetting(urn: string): Promise<unknown> {
    const stack = urn.split("::")[0]?.replace("urn:pulumi:", "");
    const sdk = createRequire(require.main?.filename ?? __filename);
    const { load } = sdk("js-yaml") as { load: (text: string) => unknown };
    const read = async (path: string) => load(await readFile(path, "utf8")) as Record<string, unknown>;
    for (let folder = process.cwd(); ; folder = dirname(folder)) {
        const project = await read(join(folder, "Pulumi.yaml")).catch(() => undefined);
        if (project !== undefined) {
            const configFolder = typeof project.stackConfigDir === "string" ? project.stackConfigDir : "";
            const file = await read(join(folder, configFolder, `Pulumi.${stack}.yaml`)).catch(() => undefined);
            return (file?.config as Record<string, unknown> | undefined)?.[deleteUnreachableSetting];
        }
        if (dirname(folder) === folder) return undefined;
    }
}
