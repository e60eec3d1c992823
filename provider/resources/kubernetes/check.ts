/** Checks a builder's arguments at preview. */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import { doubtsOfRules } from "../../args/gcRule";
import { failuresOf } from "../../args/rules";
import { hasUnknown, unknown, withoutUnknown } from "../../args/unknown";
import { isObjectName } from "../../text/kubernetes";
import { failuresOfDaemons, warningsOfDaemons } from "../builder/checkDaemons";
import { failuresOfConfig, warningsOfConfigIn, whyDefaultUnusable } from "../builder/config";
import { numbersOfNodes } from "../builder/nodeNumbers";
import type { KubernetesInputs, KubernetesNodeInputs } from "./args";
import { argumentsOfDaemons } from "./checkDaemon";
import { builderName, nodesInArgs, objectNameOf } from "./nodeArgs";
import { schema } from "./schema";
import { failuresOfTemplate } from "./strategicMerge";

/** A node, and the prefix of the paths of its arguments. The builder itself comes first. */
type Each = readonly (readonly [prefix: string, node: KubernetesNodeInputs])[];

/** Returns the errors in a builder's arguments, each at its property. */
export async function failuresOfKubernetes(news: KubernetesInputs): Promise<CheckFailure[]> {
    const failures = failuresOf(schema, { ...withoutUnknown(news) });
    if (failures.length > 0) return failures;
    const each = eachOf(news);
    const ofNodes = each.map(async ([prefix, node]) => {
        const found = [
            ...failuresOfWorkload(node, news),
            ...failuresOfTemplate(withoutUnknown(node.podTemplate)),
            ...(await failuresOfConfig(node.buildkitdConfig, news.gc !== undefined)),
        ];
        return found.map(({ property, reason }) => ({ property: `${prefix}${property}`, reason }));
    });
    const found = [
        ...(await failuresOfDefault(news)),
        ...(await Promise.all(ofNodes)).flat(),
        ...failuresOfNames(news),
        ...sharedWorkload(news),
    ];
    return found.length > 0 ? found : failuresOfDaemons(await argumentsOfDaemons(news));
}

/** Returns warnings about arguments that are valid but probably not intended, each with its property. */
export async function warningsOfKubernetes(news: KubernetesInputs): Promise<string[]> {
    const ofConfigs = eachOf(news).map(async ([prefix, { buildkitdConfig }]) =>
        (await warningsOfConfigIn(buildkitdConfig)).map((warning) => `${prefix}${warning}`),
    );
    const isList = Array.isArray(news.gc);
    const rules = news.gc === undefined ? [] : Array.isArray(news.gc) ? news.gc : [news.gc];
    const ofRules = doubtsOfRules(rules, (index) => (isList ? `gc[${index}].` : "gc."));
    const ofDaemons = warningsOfDaemons(await argumentsOfDaemons(news));
    return [...(await Promise.all(ofConfigs)).flat(), ...ofRules, ...ofDaemons];
}

const eachOf = (news: KubernetesInputs): Each => [
    ["", news],
    ...(Array.isArray(news.nodes) ? news.nodes : [])
        .map((node, index) => [`nodes[${index}].`, node] as const)
        .filter(([, node]) => typeof node === "object"),
];

async function failuresOfDefault(news: KubernetesInputs): Promise<CheckFailure[]> {
    const nodes: readonly KubernetesNodeInputs[] = Array.isArray(news.nodes) ? news.nodes : [{}];
    const usesDefault = nodes.some(
        (node) =>
            typeof node === "object" &&
            (node.buildkitdConfig ?? news.buildkitdConfig) === undefined &&
            (node.workload ?? news.workload) === undefined,
    );
    const why = usesDefault ? await whyDefaultUnusable(undefined) : undefined;
    return why === undefined ? [] : [{ property: "buildkitdConfig", reason: why }];
}

/** Arguments that only a workload of this package has. */
const ofOwnWorkload = [
    ...["image", "env", "replicas", "requests", "limits", "nodeSelector", "tolerations", "labels", "annotations"],
    ...["serviceAccount", "schedulerName", "rootless", "qemu", "persistentVolumeClaim", "podTemplate"],
    ...["buildkitdFlags", "buildkitdConfig"],
] as const satisfies (keyof KubernetesNodeInputs)[];

function failuresOfWorkload(node: KubernetesNodeInputs, news: KubernetesInputs): CheckFailure[] {
    const { workload } = node;
    if (workload === undefined) return [];
    const name = workload === unknown ? "of another resource" : `"${workload}"`;
    const reason = `not supported with workload: the workload ${name} is used as it is. Set it there instead`;
    const own = ofOwnWorkload.filter((key) => node[key] !== undefined || news[key] !== undefined);
    const failures = own.map((key): CheckFailure => ({ property: key, reason }));
    if (node !== news && node.name !== undefined) {
        const why = `not supported with workload: buildx finds the workload ${name} only if the node has its name. Remove name`;
        failures.push({ property: "name", reason: why });
    }
    if (news.gc !== undefined)
        failures.push({ property: "workload", reason: "not supported with gc: remove one of them" });
    return failures;
}

const sharedWorkload = ({ workload, nodes }: KubernetesInputs): CheckFailure[] =>
    workload === undefined || nodes === undefined
        ? []
        : [{ property: "workload", reason: "not supported with nodes: set the workload of each node instead" }];

/** The longest name of a workload: Kubernetes adds a hash of 10 letters for the label of a StatefulSet's revision. */
const longestName = 52;

function failuresOfNames(news: KubernetesInputs): CheckFailure[] {
    if ((news.name as unknown) === unknown || (news.nodes as unknown) === unknown) return [];
    const isNamed = builderName(news) !== "";
    const nodes = news.nodes?.map((node) => (typeof node === "object" ? node : { name: unknown }));
    const all = nodesInArgs({ ...news, ...(nodes === undefined ? {} : { nodes }) });
    const known = all.map(({ name, args }) => (hasUnknown([args.name, args.workload]) ? undefined : name));
    return all.flatMap(({ name, position, args }, index) => {
        if (known[index] === undefined || (!isNamed && args.name === undefined && args.workload === undefined))
            return [];
        const own = position !== undefined && args.name !== undefined ? `nodes[${position}].name` : undefined;
        const ofWorkload = `${position === undefined ? "" : `nodes[${position}].`}workload`;
        const property = own ?? (args.workload === undefined ? "name" : ofWorkload);
        const object = objectNameOf(name);
        if (!isObjectName(object) || object.length > longestName) {
            const reason =
                `the name of the node, "${object}", is not a valid name of a workload in Kubernetes: must have at most ` +
                `${longestName} letters, digits, "-" and ".", and end with a letter or digit. Choose another name`;
            return [{ property, reason }];
        }
        const other = known.slice(0, index).indexOf(name);
        if (other < 0) return [];
        const reason = `"${name}" is already the name of nodes[${other}]: each node must have its own name`;
        return [{ property, reason }];
    });
}

/** Returns the number in the automatic name of each node. Nodes are recognized by where they run. */
export function nodeIndexes(olds: Partial<KubernetesInputs>, nodes: readonly KubernetesNodeInputs[]): number[] {
    const named = ({
        name,
        workload,
        kubeconfig,
        context,
        namespace,
        nodeSelector,
        platforms,
    }: KubernetesNodeInputs) => ({
        name: workload ?? name,
        endpoint: JSON.stringify([kubeconfig, context, namespace, nodeSelector, platforms]),
    });
    const before = Array.isArray(olds.nodes) ? olds.nodes : [{}];
    return numbersOfNodes(nodes.map(named), before.map(named), olds.__nodeIndexes);
}
