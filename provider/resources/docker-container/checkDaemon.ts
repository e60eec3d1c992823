/** What is checked of each node's buildkitd. */
import { withoutUnknown } from "../../args/unknown";
import { readConfig } from "../../buildkit/config";
import { formatPath } from "../../text/quote";
import type { DaemonArguments } from "../builder/checkDaemons";
import type { BuilderInputs, NodeInputs } from "./args";

/** Returns the arguments, the configuration and the environment of each node's buildkitd. */
export async function argumentsOfDaemons(news: BuilderInputs): Promise<DaemonArguments[]> {
    const nodes: [string, NodeInputs][] = Array.isArray(news.nodes)
        ? news.nodes
              .map((node, index): [string, NodeInputs] => [`nodes[${index}].`, node])
              .filter(([, node]) => typeof node === "object")
        : [["", {}]];
    return Promise.all(
        nodes.map(async ([prefix, node]) => {
            const prefixOf = (key: keyof NodeInputs) => (node[key] === undefined ? "" : prefix);
            const { buildkitdFlags: flags = [], buildkitdConfig: config } = {
                buildkitdFlags: node.buildkitdFlags ?? news.buildkitdFlags,
                buildkitdConfig: node.buildkitdConfig ?? news.buildkitdConfig,
            };
            const options = [news.driverOpts, node.driverOpts].map((each) => (typeof each === "object" ? each : {}));
            const [ofBuilder, ofNode] = options.map(({ env }) => (typeof env === "object" ? env : {}));
            return {
                flags: Array.isArray(flags) ? flags : [],
                config: config === undefined ? undefined : (await readConfig(withoutUnknown(config))).table,
                env: { ...ofBuilder, ...ofNode },
                image: options[1]?.image ?? options[0]?.image ?? "",
                needsConfig: config !== undefined ? "buildkitdConfig" : news.gc !== undefined ? "gc" : undefined,
                hasGc: news.gc !== undefined,
                at: (key, ...path) =>
                    key === "env"
                        ? `${prefixOf("driverOpts")}${formatPath(["driverOpts", key, ...path])}`
                        : `${prefixOf(key)}${formatPath([key, ...path])}`,
                inConfig: (path, reason) => {
                    const property = `${prefixOf("buildkitdConfig")}buildkitdConfig`;
                    return typeof config === "string"
                        ? { property, reason: `${formatPath(path)}: ${reason}` }
                        : { property: `${property}.${formatPath(path)}`, reason };
                },
            };
        }),
    );
}
