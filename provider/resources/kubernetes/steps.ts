/** What a plan consists of: the steps that create, change and remove a builder. */
import type { Cause } from "../../bridges/lifecycle";
import type { KubernetesObject } from "../../cluster/objects";
import type { WorkloadKind } from "../../cluster/workloads";
import type { FinalStep } from "../builder/finalSteps";

/** A step in the cluster of one node. The steps of several nodes run at the same time. */
export type NodeStep = Cause & { readonly node: string } & (
        | { readonly do: "applyConfigMaps"; readonly objects: readonly KubernetesObject[] }
        /** Waits until no build is running in the pods. */
        | {
              readonly do: "drain";
              readonly workload: string;
              /** Time limit, in seconds. Builds that are running then are stopped. */
              readonly seconds: number;
          }
        /** Removes the workload and its pods, and waits until they are gone. Claims stay. */
        | {
              readonly do: "removeWorkload";
              readonly kind: WorkloadKind;
              readonly workload: string;
              readonly uid: string;
              /** Time limit, in seconds. */
              readonly seconds: number;
          }
        | { readonly do: "applyWorkload"; readonly object: KubernetesObject }
        /** Waits until the pods are ready, and queries their buildkitd. */
        | {
              readonly do: "waitUntilReady";
              readonly workload: string;
              /** `undefined` for a workload of any kind that this package did not create. */
              readonly kind: WorkloadKind | undefined;
              /** Time limit, in seconds. */
              readonly seconds: number;
          }
        | { readonly do: "removeConfigMaps"; readonly names: readonly string[] }
        /** Removes the claims of a workload, except for those that are kept. */
        | { readonly do: "removeClaims"; readonly workload: string; readonly kept: readonly string[] }
    );

export type Step = NodeStep | FinalStep;

export type StepOf<Do extends Step["do"]> = Extract<Step, { do: Do }>;
