/** Stacks whose builders are in a namespace of the test cluster. */
import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type TestNamespace, testCluster, withNamespace } from "./cluster";
import { context } from "./image";
import type { Kind } from "./namespaceApi";
import { kubernetes, resources } from "./program";
import { run } from "./run";
import { Stack } from "./stack";

/** A stack, and the namespace of its builders. */
export interface InCluster {
    readonly stack: Stack;
    readonly namespace: TestNamespace;
    /** Where the builders are: the arguments `kubeconfig` and `namespace`. */
    readonly place: { readonly kubeconfig: string; readonly namespace: string };
}

/** Runs a test with its own stack and namespace and cleans up afterwards, even if the test fails. */
export const inCluster = (test: (all: InCluster) => Promise<void>) =>
    withNamespace(async (namespace) => {
        const stack = await Stack.make();
        try {
            const place = { kubeconfig: testCluster.kubeconfig, namespace: namespace.name };
            await test({ stack, namespace, place });
        } finally {
            await stack.remove();
        }
    });

/** A program with one builder, `farm`. */
export const farm = (args: object) =>
    resources(
        { farm: kubernetes(args) },
        Object.fromEntries(
            ["name", "platforms", "buildkitVersion", "status", "nodes"].map((key) => [key, `\${farm.${key}}`]),
        ),
    );

/** Runs an `up`, and asserts what it does to the builder. A preview and a refresh then change nothing. */
export async function does(stack: Stack, args: object, step: Stack["steps"][string] | undefined): Promise<void> {
    const steps = step === undefined ? {} : { farm: step };
    await stack.program(farm(args));
    await stack.preview();
    assert.deepEqual(stack.steps, steps);
    await stack.up();
    assert.deepEqual(stack.steps, steps);
    await stack.refresh("--expect-no-changes");
    await stack.preview("--expect-no-changes");
}

/** Outputs of a stack of {@link farm}. */
export interface FarmOutputs {
    name: string;
    platforms: string[];
    buildkitVersion: string;
    status: string;
    nodes: {
        name: string;
        namespace: string;
        workload: string;
        kind: string;
        pods: string[];
        status: string;
        claims: string[];
    }[];
}

/** An object as the API returns it. */
interface Found {
    readonly metadata: {
        readonly uid: string;
        readonly generation: number;
        readonly annotations?: Readonly<Record<string, string>>;
        readonly deletionTimestamp?: string;
    };
    readonly spec: {
        readonly replicas: number;
        readonly template: {
            readonly metadata: { readonly labels: object };
            readonly spec: { readonly containers: readonly { readonly env?: object }[] };
        };
    };
    readonly status: { readonly readyReplicas?: number };
}

/** Reads an object. */
export const found = (namespace: TestNamespace, kind: Kind, name: string): Promise<Found> =>
    namespace.read<Found>(kind, name);

/** Returns the first node of {@link farm}. */
export async function firstNode(stack: Stack): Promise<FarmOutputs["nodes"][number]> {
    const { nodes } = await stack.outputs<FarmOutputs>();
    const [node] = nodes;
    assert.ok(node);
    return node;
}

export interface PodBuild {
    /** Resolves with the log of the build. */
    readonly ended: Promise<string>;
    /** Ends the step that takes a while, so that the build succeeds. */
    readonly finish: () => Promise<unknown>;
}

/** Starts a build that takes a while in a pod. Returns once BuildKit has started it. */
export async function longBuildIn({ stack, namespace }: InCluster, builder: string, pod: string): Promise<PodBuild> {
    const step = `sleep 300; echo finished ${randomBytes(4).toString("hex")}`; // never cached
    const folder = await context(stack, `FROM scratch\nCOPY busybox /bin/sh\nRUN ${step}\n`);
    const args = ["buildx", "build", "--builder", builder, "--progress", "plain", "--output", "type=cacheonly", folder];
    const env = { ...stack.env, BUILDX_NO_DEFAULT_ATTESTATIONS: "1" };
    const ended = run("docker", args, { env }).then(({ output }) => output);
    const histories = ["buildctl", "debug", "histories", "--format", "{{json .}}"];
    for (let attempt = 0; attempt < 100; attempt++) {
        const stdout = await namespace.exec(pod, ...histories);
        if (stdout.split("\n").some((line) => line !== "" && !line.includes("CompletedAt"))) break;
        await sleep(200);
    }
    const ofSteps = 'for each in /proc/[0-9]*; do [ "$(cat $each/comm)" != sleep ] || kill "${each#/proc/}"; done';
    return { ended, finish: () => namespace.exec(pod, "sh", "-c", ofSteps) };
}
