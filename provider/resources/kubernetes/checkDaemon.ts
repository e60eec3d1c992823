/** What is checked of each node's buildkitd. */
import { withoutUnknown } from "../../args/unknown";
import { readConfig } from "../../buildkit/config";
import { formatPath } from "../../text/quote";
import type { DaemonArguments } from "../builder/checkDaemons";
import { defaults, type KubernetesInputs, type KubernetesNodeInputs } from "./args";

/** Returns the arguments, the configuration and the environment of each node's buildkitd. */
export async function argumentsOfDaemons(news: KubernetesInputs): Promise<DaemonArguments[]> {
    const nodes: (readonly [string, KubernetesNodeInputs])[] = Array.isArray(news.nodes)
        ? news.nodes
              .map((node, index) => [`nodes[${index}].`, node] as const)
              .filter(([, node]) => typeof node === "object")
        : [["", {}]];
    return Promise.all(
        nodes.map(async ([prefix, node]) => {
            const prefixOf = (key: keyof KubernetesNodeInputs) => (node[key] === undefined ? "" : prefix);
            const flags = node.buildkitdFlags ?? news.buildkitdFlags;
            const config = node.buildkitdConfig ?? news.buildkitdConfig;
            const [ofBuilder, ofNode] = [news.env, node.env].map((env) => (typeof env === "object" ? env : {}));
            const isRootless = (node.rootless ?? news.rootless) === true;
            return {
                flags: Array.isArray(flags) ? flags : [],
                config: config === undefined ? undefined : (await readConfig(withoutUnknown(config))).table,
                env: { ...ofBuilder, ...ofNode },
                image: isRootless ? defaults.rootlessImage : (node.image ?? news.image ?? defaults.image),
                needsConfig: config !== undefined ? "buildkitdConfig" : news.gc !== undefined ? "gc" : undefined,
                hasGc: news.gc !== undefined,
                at: (key, ...path) => `${prefixOf(key)}${formatPath([key, ...path])}`,
                inConfig: (path, reason) => {
                    const property = `${prefixOf("buildkitdConfig")}buildkitdConfig`;
                    return typeof config === "string"
                        ? { property, reason: `${formatPath(path)}: ${reason}` }
                        : { property: `${property}.${formatPath(path)}`, reason };
                },
            } satisfies DaemonArguments;
        }),
    );
}
