/** The objects of a node in its cluster, as buildx would create and find them. */
import { isUtf8 } from "node:buffer";
import { kinds, type KubernetesObject } from "../../cluster/objects";
import { ownerLabels, type Owner } from "../../ownership";
import { configMapsOf } from "./configMaps";
import type { DesiredNode } from "./desired";
import { annotationsOf, appLabel, labelsOf, podTemplateOf, stateVolume } from "./pod";

/** The objects of a node. */
export interface Manifests {
    readonly workload: KubernetesObject;
    readonly configMaps: readonly KubernetesObject[];
}

/**
 * Returns the objects of a node.
 *
 * @param withReplicas whether the number of replicas is part of the workload. Otherwise another writer's number stays.
 */
export function manifestsOf(
    node: DesiredNode,
    namespace: string,
    owner: Owner,
    { withReplicas = true } = {},
): Manifests {
    const { kind = "Deployment", workload: name, args } = node;
    const annotations = { ...annotationsOf(node), ...ownerLabels(owner) };
    const labels = labelsOf(node);
    const claim = args.persistentVolumeClaim;
    const workload: KubernetesObject = {
        apiVersion: kinds[kind].apiVersion,
        kind,
        metadata: { name, namespace, labels, annotations },
        spec: {
            ...(withReplicas && args.replicas !== undefined && { replicas: args.replicas }),
            // A selector cannot be changed. The label of buildx is enough: it has the name of the workload.
            selector: { matchLabels: { [appLabel]: name } },
            ...(kind === "StatefulSet" && { serviceName: "buildkitd", podManagementPolicy: "Parallel" }),
            template: podTemplateOf(node),
            ...(claim !== undefined && {
                volumeClaimTemplates: [
                    {
                        apiVersion: kinds.PersistentVolumeClaim.apiVersion,
                        kind: "PersistentVolumeClaim",
                        metadata: {
                            name: stateVolume,
                            ...(claim.annotations !== undefined && { annotations: claim.annotations }),
                        },
                        spec: {
                            accessModes: claim.accessModes ?? ["ReadWriteOnce"],
                            ...(claim.storageClass !== undefined && { storageClassName: claim.storageClass }),
                            resources: { requests: { storage: claim.storage } },
                        },
                    },
                ],
            }),
        },
    };
    const configMaps = configMapsOf(node).map(({ name: map, files }): KubernetesObject => {
        const entries = Object.entries(files);
        const texts = entries.filter(([, content]) => isUtf8(content));
        const others = entries.filter(([, content]) => !isUtf8(content));
        return {
            apiVersion: kinds.ConfigMap.apiVersion,
            kind: "ConfigMap",
            metadata: { name: map, namespace, labels: { [appLabel]: name }, annotations },
            data: Object.fromEntries(texts.map(([key, content]) => [key, content.toString("utf8")])),
            ...(others.length > 0 && {
                binaryData: Object.fromEntries(others.map(([key, content]) => [key, content.toString("base64")])),
            }),
        };
    });
    return { workload, configMaps };
}
