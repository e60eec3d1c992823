/** The generated pages of `docs/`. */
import type { PublicTypes } from "../program";
import { functions, type ResourceDeclaration, resources } from "../resources";
import { buildkitdConfigPage } from "./buildkitdConfig";
import { cliPage } from "./cli";
import { functionsPage, resourcePage, type ShownSchema } from "./reference";

const resourcePages: Readonly<Record<string, string>> = {
    BuildxBuilder: "builder",
    BuildKitState: "state",
    BuildKitPrune: "prune",
    BuildKitStateArchive: "archive",
    KubernetesBuilder: "kubernetes",
    QemuEmulation: "qemu",
    RemoteBuilder: "remote",
};

/** Returns each generated page by its path. */
export function generatePages(types: PublicTypes, schema: ShownSchema): ReadonlyMap<string, string> {
    const source = { types, schema };
    const pathOf = ({ name }: ResourceDeclaration) => {
        const file = resourcePages[name];
        if (file === undefined) throw new Error(`${name} has no page: name it in schema/pages/index.ts`);
        return `docs/reference/${file}.md`;
    };
    return new Map([
        ...resources.map((each) => [pathOf(each), resourcePage(each, source)] as const),
        ["docs/reference/functions.md", functionsPage(functions, source)],
        ["docs/reference/buildkitd-config.md", buildkitdConfigPage(source)],
        ["docs/reference/cli.md", cliPage()],
    ]);
}
