/** What Pulumi's registry and the SDKs show about the package. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./program";

interface PackageJson {
    readonly description: string;
    readonly license: string;
    readonly homepage?: string;
    readonly repository?: string | { readonly url: string };
}

/**
 * The module path of a Go SDK if `package.json` has no `repository`. Such an SDK works only from a local folder, which
 * is how `pulumi package add` adds it.
 */
const localGoModule = "example.com/pulumi-buildx";

/** Returns the fields of the schema that describe the package. */
export function metadata() {
    const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as PackageJson;
    const url = typeof own.repository === "string" ? own.repository : own.repository?.url;
    const repository = url?.replace(/^git\+/, "").replace(/\.git$/, "");
    const [, project] = /github\.com\/([^/]+\/[^/]+)$/.exec(repository ?? "") ?? [];
    const homepage = own.homepage ?? repository;
    return {
        name: "buildx",
        displayName: "Docker Buildx",
        description: own.description,
        keywords: ["pulumi", "buildx", "buildkit", "docker", "category/infrastructure", "kind/native"],
        license: own.license,
        publisher: "pulumi-buildx",
        ...(homepage !== undefined && { homepage }),
        ...(repository !== undefined && { repository }),
        // The CLI downloads the plugin from the releases of the repository.
        ...(project !== undefined && { pluginDownloadURL: `github://api.github.com/${project}` }),
        language: {
            nodejs: { packageName: "pulumi-buildx", respectSchemaVersion: true },
            python: { packageName: "pulumi_buildx", pyproject: { enabled: true }, respectSchemaVersion: true },
            go: {
                importBasePath: `${repository?.replace(/^https:\/\//, "") ?? localGoModule}/sdk/go/buildx`,
                generateResourceContainerTypes: true,
                respectSchemaVersion: true,
            },
            csharp: {
                namespaces: { buildx: "Buildx" },
                packageReferences: { Pulumi: "3.*" },
                respectSchemaVersion: true,
            },
            java: { packages: { buildx: "buildx" } },
        },
    };
}
