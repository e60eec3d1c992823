/** Builders of the Kubernetes driver as plain objects, and what `plan` decides for them. */
import type { KubernetesInputs } from "../../provider/resources/kubernetes/args";
import { noFiles } from "../../provider/resources/kubernetes/configFiles";
import { type DesiredKubernetes, desiredKubernetes } from "../../provider/resources/kubernetes/desired";
import { recordedPath } from "../../provider/resources/builder/ownFiles";
import { fileOf } from "../../provider/resources/kubernetes/files";
import type { ObservedKubernetes } from "../../provider/resources/kubernetes/observe";
import { type FoundWorkload, nothing, type ObservedNode } from "../../provider/resources/kubernetes/observeNode";
import { plan } from "../../provider/resources/kubernetes/plan";
import type { PreviousKubernetes } from "../../provider/resources/kubernetes/previous";
import { recordOf } from "../../provider/resources/kubernetes/record";

export const owner = { urn: "urn:pulumi:dev::p::t::b", store: "0123456789abcdef" };

export const place = {
    where: "the cluster",
    context: "dev",
    server: "https://cluster:6443",
    namespace: "builds",
    kubeconfig: "apiVersion: v1\n",
};

/** A configuration of buildkitd, as `configFilesOf` reads it. */
export const files = {
    ...noFiles,
    contents: { "buildkitd.toml": Buffer.from("debug = true\n"), "certs/r/ca.pem": Buffer.from("CA") },
    digest: "d1",
};

export const desired = (args: KubernetesInputs = {}, withFiles = false): DesiredKubernetes => {
    const inputs = { name: "ci", ...args };
    const names = desiredKubernetes(inputs, owner).nodes.map(({ name }) => name);
    return desiredKubernetes(inputs, owner, new Map(withFiles ? names.map((name) => [name, files]) : []));
};

export const node = (args: KubernetesInputs = {}, withFiles = false) => {
    const [first] = desired(args, withFiles).nodes;
    if (first === undefined) throw new Error("no node");
    return first;
};

/** What exists of a builder, and what Pulumi's state has of it. */
export interface Found {
    readonly observed: ObservedKubernetes;
    readonly previous: PreviousKubernetes | undefined;
}

export const absent: Found = {
    observed: {
        record: { is: "absent" },
        isBegun: false,
        isContext: false,
        choice: "no",
        files: new Map(),
        nodes: [],
        removed: [],
    },
    previous: undefined,
};

/** A workload that this package applied. */
export const workload = (
    kind: FoundWorkload["kind"] = "Deployment",
    others: Partial<FoundWorkload> = {},
): FoundWorkload => ({
    kind,
    uid: "1",
    owner,
    isApplied: true,
    replicas: 1,
    readyReplicas: 1,
    podLabels: { app: "ci0" },
    storage: undefined,
    hasStateClaims: kind === "StatefulSet",
    ...others,
});

export const recordFor = (wanted: DesiredKubernetes) =>
    recordOf(
        wanted.name,
        wanted.nodes.map((each) => ({
            desired: each,
            namespace: "builds",
            kubeconfig: recordedPath(fileOf(wanted.name, each.name)),
            kind: each.kind ?? "Deployment",
            storage: undefined,
        })),
    );

/** A builder that is just as `args` ask for it. */
export function asAsked(args: KubernetesInputs = {}, others: Partial<ObservedNode> = {}): Found {
    const wanted = desired(args);
    const nodes = wanted.nodes.map((each): ObservedNode => {
        const kind = each.kind ?? "Deployment";
        const replicas = each.args.replicas ?? 1;
        const podLabels = { app: each.workload };
        const found = workload(kind, { replicas, readyReplicas: replicas, podLabels });
        return {
            desired: each,
            previous: undefined,
            place,
            ...nothing,
            workload: found,
            claims: kind === "StatefulSet" ? [`buildkitd-${each.workload}-0`] : [],
            ...others,
        };
    });
    const contents = new Map(wanted.nodes.map((each) => [fileOf(wanted.name, each.name), place.kubeconfig]));
    return {
        observed: {
            record: { is: "present", nodeGroup: recordFor(wanted), isOwn: true },
            isBegun: true,
            isContext: false,
            choice: args.use ? "current" : "no",
            files: contents,
            nodes,
            removed: [],
        },
        previous: {
            name: wanted.name,
            args: { name: "ci", ...args },
            desired: wanted,
            nodes: wanted.nodes.map((each) => ({
                name: each.name,
                desired: each,
                outputs: {
                    name: each.name,
                    namespace: "builds",
                    workload: each.workload,
                    kind: each.kind ?? "Deployment",
                    pods: [`${each.workload}-0`],
                    platforms: ["linux/amd64"],
                    buildkitVersion: "v0.34.2",
                    status: "running",
                    claims: [],
                },
                place,
                foundClaims: [],
            })),
        },
    };
}

/** The plan for a builder. Nodes that do not exist yet follow the nodes that exist. */
export function planFor(wanted: DesiredKubernetes, { observed, previous }: Found, others: Partial<ObservedNode> = {}) {
    const nodes = wanted.nodes.map((each): ObservedNode => {
        const before = previous?.nodes.find(({ name }) => name === each.name);
        const found = observed.nodes.find(({ desired: { name } }) => name === each.name);
        return { ...(found ?? { place, ...nothing }), desired: each, previous: before, ...others };
    });
    const removed = (previous?.nodes ?? [])
        .filter(({ name }) => !wanted.nodes.some((each) => each.name === name))
        .map((before): ObservedNode => {
            const found = observed.nodes.find(({ desired: { name } }) => name === before.name);
            return { ...(found ?? { place, ...nothing }), desired: before.desired, previous: before };
        });
    return plan(wanted, { ...observed, nodes, removed }, previous);
}

export function steps(wanted: DesiredKubernetes, found: Found, others: Partial<ObservedNode> = {}): string[] {
    const planned = planFor(wanted, found, others);
    if (planned.refusal !== undefined) return [planned.refusal];
    return [...(planned.replaces ?? []).map((key) => `replace: ${key}`), ...planned.steps.map((step) => step.do)];
}

/** The steps for a change of arguments whose result differs in these fields of the workload. */
export const change = (from: KubernetesInputs, to: KubernetesInputs, paths: readonly string[] = []) =>
    steps(desired(to), asAsked(from), paths.length === 0 ? {} : { difference: { is: "changed", paths } });
