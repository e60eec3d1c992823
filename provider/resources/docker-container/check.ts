/** Checks a builder's arguments at preview. */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import type { DriverOptions } from "../../buildx/driverOptions";
import { canonicalName } from "../../buildx/names";
import { parseSize, parseSwapSize } from "../../text/dockerValues";
import { failuresOfEndpoint } from "../../args/endpoint";
import { doubtsOfRules } from "../../args/gcRule";
import { hasUnknown, unknown, withoutUnknown } from "../../args/unknown";
import { failuresOf } from "../../args/rules";
import { failuresOfDaemons, warningsOfDaemons } from "../builder/checkDaemons";
import { failuresOfConfig, warningsOfConfigIn, whyDefaultUnusable } from "../builder/config";
import { numbersOfNodes } from "../builder/nodeNumbers";
import { argumentsOfDaemons } from "./checkDaemon";
import { builderName, nodeOfState } from "./nodeArgs";
import type { BuilderInputs, NodeInputs } from "./args";
import { schema } from "./schema";

/** Returns the errors in a builder's arguments, each at its property. */
export async function failuresOfBuilder(news: BuilderInputs): Promise<CheckFailure[]> {
    const known = withoutUnknown(news);
    const failures = failuresOf(schema, { ...known });
    if (failures.length > 0) return failures;
    const at = (prefix: string, found: CheckFailure[]) =>
        found.map(({ property, reason }) => ({ property: `${prefix}${property}`, reason }));
    const several = Array.isArray(news.nodes) ? news.nodes : undefined;
    const each: [string, NodeInputs][] = [
        ["", news],
        ...(several ?? []).map((node, index) => [`nodes[${index}].`, node] as [string, NodeInputs]),
    ];
    const unusable = await whyAnyDefaultUnusable(news, several);
    const defaultFailures = unusable === undefined ? [] : [{ property: "buildkitdConfig", reason: unusable }];
    const nodeFailures = await Promise.all(
        each.map(async ([prefix, node]) => at(prefix, await failuresOfNode(node, news))),
    );
    const found = [...defaultFailures, ...nodeFailures.flat(), ...(several ? failuresOfNodes(news, several) : [])];
    return found.length > 0 ? found : failuresOfDaemons(await argumentsOfDaemons(news));
}

/** Returns warnings about arguments that are valid but probably not intended, each with its property. */
export async function warningsOfBuilder(news: BuilderInputs): Promise<string[]> {
    const nodes = Array.isArray(news.nodes) ? news.nodes : [];
    const configs = [news, ...nodes].map((node, index) => ({
        prefix: index === 0 ? "" : `nodes[${index - 1}].`,
        config: typeof node === "object" ? node.buildkitdConfig : undefined,
    }));
    const ofConfigs = configs.map(async ({ prefix, config }) =>
        (await warningsOfConfigIn(config)).map((warning) => `${prefix}${warning}`),
    );
    const isList = Array.isArray(news.gc);
    const rules = news.gc === undefined ? [] : Array.isArray(news.gc) ? news.gc : [news.gc];
    const ofRules = doubtsOfRules(rules, (index) => (isList ? `gc[${index}].` : "gc."));
    return [...(await Promise.all(ofConfigs)).flat(), ...ofRules, ...warningsOfDaemons(await argumentsOfDaemons(news))];
}

/** Returns why buildx's default configuration is unusable; `undefined` if it is valid or every node has its own. */
async function whyAnyDefaultUnusable({ buildkitdConfig }: BuilderInputs, nodes: NodeInputs[] | undefined) {
    const all = nodes ?? [{}];
    const without = all.find(
        (node) => typeof node === "object" && (node.buildkitdConfig ?? buildkitdConfig) === undefined,
    );
    return without && whyDefaultUnusable(without.buildkitdConfig);
}

async function failuresOfNode(node: NodeInputs, news: BuilderInputs): Promise<CheckFailure[]> {
    if (typeof node !== "object") return [];
    const { driverOpts, buildkitdConfig } = node;
    const hasOptions = typeof driverOpts === "object";
    return [
        ...(hasOptions ? checkSwap(driverOpts) : []),
        ...(hasOptions ? checkNetwork(driverOpts, news.extraHosts, news.dns) : []),
        ...(await failuresOfEndpoint(node, { isAll: node === news && news.nodes === undefined && !news.state })),
        ...(await failuresOfConfig(buildkitdConfig, news.gc !== undefined)),
    ];
}

/** Returns the errors that involve several nodes, or a node and the builder. */
function failuresOfNodes(news: BuilderInputs, nodes: NodeInputs[]): CheckFailure[] {
    const failures: CheckFailure[] = [];
    if (news.state !== undefined) {
        failures.push({
            property: "state",
            reason: "not supported with nodes: set the state of each node instead, for example nodes[0].state",
        });
    }
    const name = builderName(news);
    for (const [index, node] of nodes.entries()) {
        if (typeof node !== "object" || hasUnknown(node)) continue;
        const { state } = node;
        if (state !== undefined && node.name !== undefined && canonicalName(node.name) !== nodeOfState(state)) {
            const reason = `"${node.name}" conflicts with the node name of the node's state, "${nodeOfState(state)}": remove one of them`;
            failures.push({ property: `nodes[${index}].name`, reason });
        }
        if (state !== undefined && state.builderName !== name) {
            const reason = `belongs to a builder "${state.builderName}", but this builder is "${name}": must be a state of this builder`;
            failures.push({ property: `nodes[${index}].state`, reason });
        }
        for (const key of ["name", "endpoint"] as const) {
            const of = (each: NodeInputs) =>
                key === "name" ? (each.state ? nodeOfState(each.state) : each.name?.toLowerCase()) : each.endpoint;
            const other = nodes.slice(0, index).findIndex((each) => of(node) !== undefined && of(each) === of(node));
            if (other < 0) continue;
            const reason = `"${of(node)}" is already the ${key} of nodes[${other}]: each node must have its own ${key}`;
            failures.push({ property: `nodes[${index}].${key}`, reason });
        }
    }
    return failures;
}

/** Returns the number in the automatic name of each node. A node with a state has the name of the state's node. */
export function nodeIndexes(olds: Partial<BuilderInputs>, nodes: readonly NodeInputs[]): number[] {
    const named = ({ name, state, endpoint }: NodeInputs) => ({ name: state ? nodeOfState(state) : name, endpoint });
    const before = Array.isArray(olds.nodes) ? olds.nodes : [{ endpoint: olds.endpoint }];
    return numbersOfNodes(nodes.map(named), before.map(named), olds.__nodeIndexes);
}

/** Rejects hosts and name servers on another container's network: there, the other container's settings apply. */
function checkNetwork({ network }: DriverOptions, extraHosts: unknown, dns: unknown): CheckFailure[] {
    if (!network?.startsWith("container:")) return [];
    const taken = Object.entries({ extraHosts, dns }).filter(([, value]) => value !== undefined);
    return taken.map(([property]) => ({
        property,
        reason: `not supported with network "${network}": set it on container "${network.slice("container:".length)}" instead`,
    }));
}

/** Checks that `memorySwap`, the sum of memory and swap, is at least `memory`. Does not compare unknown values. */
function checkSwap({ memory, memorySwap }: DriverOptions): CheckFailure[] {
    const swap = parseSwapSize(memorySwap ?? "0") ?? 0;
    if (swap <= 0 || memory === unknown) return [];
    const least = parseSize(memory ?? "0");
    if (least === undefined || (least > 0 && swap >= least)) return [];
    const reason =
        least === 0
            ? "requires memory, because memorySwap is the sum of memory and swap"
            : `"${memorySwap}" is less than memory, "${memory}": memorySwap is the sum of memory and swap, so it must be at least memory`;
    return [{ property: "driverOpts.memorySwap", reason }];
}
