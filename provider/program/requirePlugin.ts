/** Finds out whether Pulumi will find the plugin. Its own error does not say how to install it. */
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { pluginType } from "./plugin";

/** Versions that were found. A missing version is looked up again, because the program may run for a long time. */
const found = new Set<string>();

/**
 * Pulumi takes the plugin of exactly one version from its home. It takes a plugin of any version that is on the `PATH`,
 * or that the project or the resource names.
 *
 * @throws {RunError} if the plugin is missing, or if only other versions are installed.
 */
export function requirePlugin(version: string, opts: pulumi.CustomResourceOptions | undefined): void {
    if (found.has(version) || !pulumi.runtime.hasEngine()) return; // a unit test with mocks has no engine
    const provider = opts?.provider ?? opts?.parent?.getProvider(pluginType("BuildxBuilder"));
    if (provider !== undefined || opts?.version !== undefined || opts?.pluginDownloadURL !== undefined) return;
    const plugins = join(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "plugins");
    if (!existsSync(join(plugins, `resource-buildx-v${version}`)) && !isOnPath() && !isInProject()) {
        const others = installed(plugins).join(", ");
        throw new pulumi.RunError(
            `the plugin buildx ${version}, which the configuration buildx:plugin selects, was not found: ${plugins} ` +
                `has ${others === "" ? "no version of it" : `only ${others}`}. ` +
                "Install it: npx pulumi-buildx plugin install",
        );
    }
    found.add(version);
}

function installed(plugins: string): string[] {
    const versions = (existsSync(plugins) ? readdirSync(plugins) : []).map(
        (name) => /^resource-buildx-v(\d[^/]*?)$/.exec(name)?.[1],
    );
    return versions.filter((each) => each !== undefined && !/\.(?:lock|partial)$/.test(each)) as string[];
}

/** Whether the plugin is on the `PATH`, or runs already because someone debugs it. */
const isOnPath = (): boolean =>
    /\bbuildx:/.test(process.env.PULUMI_DEBUG_PROVIDERS ?? "") ||
    (process.env.PATH ?? "")
        .split(delimiter)
        .flatMap((folder) => ["", ".exe", ".cmd"].map((ending) => join(folder, `pulumi-resource-buildx${ending}`)))
        .some(isExecutable);

/** Pulumi passes over a file that is not executable. */
function isExecutable(path: string): boolean {
    try {
        accessSync(path, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}

/** Whether the project names plugins or packages itself. */
function isInProject(): boolean {
    for (let folder = process.cwd(); ; folder = dirname(folder)) {
        const path = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"].map((name) => join(folder, name)).find(existsSync);
        if (path !== undefined) return /^\s*"?(?:plugins|packages)"?\s*:/m.test(readFileSync(path, "utf8"));
        if (dirname(folder) === folder) return false;
    }
}
