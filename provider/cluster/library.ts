/** Loads `@kubernetes/client-node`, the official client of Kubernetes, without the part of it that is not called. */
import { registerHooks } from "node:module";
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { Exec } from "@kubernetes/client-node/dist/exec.js";

export interface Library {
    readonly KubeConfig: typeof KubeConfig;
    readonly Exec: typeof Exec;
}

/**
 * The module that contains a class for each kind of object. It takes three quarters of the load time and 70 MB of
 * memory. Objects are plain JSON here, because the classes drop fields that are newer than the library.
 */
const generated = "./gen/index.js";

/** What the kubeconfig needs of that module. */
const needed = `
    export * from "./http/http.js";
    export * from "./auth/auth.js";
    export * from "./apis/exception.js";
    export * from "./servers.js";
    export { createConfiguration } from "./configuration.js";
`;

const mark = "?without=models";

/**
 * Loads the library. The kubeconfig imports a smaller module in place of {@link generated}. Other importers of the
 * library in this process get the complete module.
 */
export async function loadLibrary(): Promise<Library> {
    const hooks = registerHooks({
        resolve: (specifier, context, next) => {
            const importer = context.parentURL ?? "";
            if (specifier !== generated || !importer.endsWith("/@kubernetes/client-node/dist/config.js"))
                return next(specifier, context);
            return { url: new URL(generated + mark, importer).href, format: "module", shortCircuit: true };
        },
        load: (url, context, next) =>
            url.endsWith(generated.slice(1) + mark)
                ? { format: "module", source: needed, shortCircuit: true }
                : next(url, context),
    });
    try {
        const [{ KubeConfig: config }, { Exec: exec }] = await Promise.all([
            import("@kubernetes/client-node/dist/config.js"),
            import("@kubernetes/client-node/dist/exec.js"),
        ]);
        return { KubeConfig: config, Exec: exec };
    } finally {
        hooks.deregister();
    }
}
