/** The pod template of a workload, as buildx would create it (buildx: `driver/kubernetes/manifest/manifest.go`). */
import { configFlags, configFolder } from "../../buildkit/config/files";
import { stateFolder } from "../../buildkit/stateFolder";
import { formatPlatform } from "../../text/platform";
import { defaults, type KubernetesResources } from "./args";
import type { DesiredNode } from "./desired";
import { configMapsOf } from "./configMaps";
import { type Json, strategicMerge } from "./strategicMerge";

/** The label by which buildx finds the pods of a node. */
export const appLabel = "app";

/** The annotation with the platforms that a node is preferred for. */
const platformAnnotation = "buildx.docker.com/platform";

/** The annotation of pods with the digest of their configuration: buildkitd reads its configuration only when it starts. */
const configAnnotation = "io.github.pulumi-buildx.config";

/** Name of the container of buildkitd. */
export const containerName = "buildkitd";

/** Name of the volume with the state, and of the template of its claims. */
export const stateVolume = "buildkitd";

const configVolume = "config";

/** The state of a rootless buildkitd. */
const rootlessStateFolder = "/home/user/.local/share/buildkit";

/** The user of BuildKit's rootless images. */
const rootlessUser = 1000;

/** Seconds of the grace period after running builds have ended: buildkitd then stops within moments. */
const shutdown = 30;

export const labelsOf = ({ workload, args }: DesiredNode): Record<string, string> => ({
    [appLabel]: workload,
    ...args.labels,
});

export const annotationsOf = ({ platforms, args }: DesiredNode): Record<string, string> => ({
    ...(platforms.length > 0 && { [platformAnnotation]: platforms.map(formatPlatform).join(",") }),
    ...args.annotations,
});

/** Returns the pod template, with the argument `podTemplate` merged into it. */
export function podTemplateOf(node: DesiredNode): Json {
    const { args, files, drainTimeout } = node;
    const { serviceAccount, schedulerName, nodeSelector, tolerations, rootless = false, podTemplate = {} } = args;
    const hasClaim = node.kind === "StatefulSet";
    const hasFiles = Object.keys(files.contents).length > 0;
    const template = {
        metadata: {
            labels: labelsOf(node),
            annotations: { ...annotationsOf(node), ...(hasFiles && { [configAnnotation]: files.digest }) },
        },
        spec: {
            ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
            ...(schedulerName !== undefined && { schedulerName }),
            // The first number is for the builds, the second for buildkitd itself.
            terminationGracePeriodSeconds: Math.ceil(drainTimeout) + shutdown,
            ...(args.qemu?.install === true && { initContainers: [qemuContainer(args.qemu.image)] }),
            containers: [container(node, hasFiles)],
            volumes: [
                ...(hasFiles ? [projectedConfig(node)] : []),
                // On some systems, a rootless buildkitd cannot use the volume of the image (moby/buildkit#879).
                ...(rootless && !hasClaim ? [{ name: stateVolume, emptyDir: {} }] : []),
            ],
            // A new volume belongs to root.
            ...(rootless && hasClaim && { securityContext: { fsGroup: rootlessUser } }),
            ...(nodeSelector !== undefined && { nodeSelector }),
            ...(tolerations !== undefined && { tolerations }),
        },
    };
    return strategicMerge(template, podTemplate);
}

function container(node: DesiredNode, hasFiles: boolean): Json {
    const { args, image, flags, drainTimeout } = node;
    const { rootless = false, requests, limits, env = {} } = args;
    const hasState = node.kind === "StatefulSet" || rootless;
    return {
        name: containerName,
        image,
        args: [
            ...flags,
            // A rootless buildkitd looks for its configuration in the home folder of its user (docker/buildx#4080).
            ...(rootless && hasFiles && !flags.some((flag) => /^--?config(?:=|$)/.test(flag)) ? configFlags : []),
            ...(rootless ? ["--oci-worker-no-process-sandbox"] : []),
        ],
        securityContext: rootless
            ? { appArmorProfile: { type: "Unconfined" }, seccompProfile: { type: "Unconfined" } }
            : { privileged: true },
        ...probes,
        ...(drainTimeout > 0 && { lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", waitForBuilds] } } } }),
        ...((requests ?? limits) !== undefined && {
            resources: {
                ...(requests !== undefined && { requests: resourceList(requests) }),
                ...(limits !== undefined && { limits: resourceList(limits) }),
            },
        }),
        ...(Object.keys(env).length > 0 && { env: Object.entries(env).map(([name, value]) => ({ name, value })) }),
        volumeMounts: [
            ...(hasFiles ? [{ name: configVolume, mountPath: configFolder }] : []),
            ...(hasState ? [{ name: stateVolume, mountPath: rootless ? rootlessStateFolder : stateFolder }] : []),
        ],
    };
}

/**
 * Ends when no build is running: only then Kubernetes tells buildkitd to stop. A running build has no time of completion.
 * buildx may still be reading the result of a build that has ended (docker/buildx#556): each of its connections is a
 * `buildctl dial-stdio` in the container, and they get ten seconds. The brackets keep the shell from finding itself.
 */
const waitForBuilds =
    "while buildctl debug histories --format '{{json .}}' 2>/dev/null | grep '\"record\"' | grep -qv CompletedAt; " +
    "do sleep 1; done; " +
    "for each in 1 2 3 4 5 6 7 8 9 10; do grep -qs 'dial-stdi[o]' /proc/[0-9]*/cmdline || break; sleep 1; done";

const probe = (timing: object): Json => ({ exec: { command: ["buildctl", "debug", "workers"] }, ...timing });

/**
 * buildx's probes, except that a pod is seen as ready in the second in which buildkitd responds. The values are complete:
 * another writer's values would otherwise stay.
 */
const probes = {
    startupProbe: probe({ periodSeconds: 1, timeoutSeconds: 10, failureThreshold: 120 }),
    readinessProbe: probe({ periodSeconds: 10, timeoutSeconds: 60, failureThreshold: 3 }),
    livenessProbe: probe({ periodSeconds: 30, timeoutSeconds: 60, failureThreshold: 3 }),
};

const resourceList = ({ cpu, memory, ephemeralStorage }: KubernetesResources): Record<string, string> => ({
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    ...(ephemeralStorage !== undefined && { "ephemeral-storage": ephemeralStorage }),
});

const qemuContainer = (image: string = defaults.qemuImage): Json => ({
    name: "qemu",
    image,
    args: ["--install", "all"],
    securityContext: { privileged: true },
});

/**
 * All files of the configuration as one volume. buildx mounts a ConfigMap inside of another, which not every container
 * runtime supports.
 */
const projectedConfig = (node: DesiredNode): Json => ({
    name: configVolume,
    projected: {
        sources: configMapsOf(node).map(({ name, folder, files }) => ({
            configMap: {
                name,
                items: Object.keys(files).map((key) => ({ key, path: folder === "." ? key : `${folder}/${key}` })),
            },
        })),
    },
});
