/** What a plan consists of: the steps that create, change and remove a builder. */
import type { ContainerCreateOptions } from "dockerode";
import type { Cause } from "../../bridges/lifecycle";
import type { NodeGroup } from "../../buildx/store";
import type { DockerContext } from "../../docker/endpoint/context";
import type { ChoiceStep } from "../builder/choice";
import type { Leftovers } from "./node/observeLeftovers";
import type { ObservedNode } from "./node/observeNode";
import type { Limits } from "./options/groups";

/** A step that changes a node on its engine. */
export type NodeStep = Cause &
    (
        | {
              readonly do: "pullImage";
              readonly image: string;
              readonly inMirrors: readonly string[];
              readonly mayFail: boolean;
              /** Time limit for retries, in seconds. */
              readonly seconds: number;
          }
        | {
              readonly do: "createVolume";
              readonly volume: string;
              readonly labels: Record<string, string>;
              /** Whether the builder had a volume, so that its cache is lost. */
              readonly isLost: boolean;
          }
        | { readonly do: "drain"; readonly container: string; readonly seconds: number }
        | { readonly do: "removeContainer"; readonly container: string }
        | {
              readonly do: "createContainer";
              /** The node's container, for messages. `options` has the name of the new container. */
              readonly container: string;
              /**
               * The container to replace. If the new container does not boot, the old container is kept, and started
               * again if `isRunning` is true.
               */
              readonly replaces: { readonly container: string; readonly isRunning: boolean } | undefined;
              readonly options: ContainerCreateOptions;
              readonly imageInMirrors: readonly string[];
              /** Files in buildkitd's configuration folder, by path. They are copied before buildkitd starts. */
              readonly files: Readonly<Record<string, Buffer>>;
              /** Whether to give BuildKit the context of the GitHub Actions run that boots it. */
              readonly addsProvenance: boolean;
          }
        /** Removes a container and renames the booted container `by` to its name. */
        | { readonly do: "replaceContainer"; readonly container: string; readonly by: string }
        | { readonly do: "updateLimits"; readonly container: string; readonly limits: Limits }
        | {
              readonly do: "boot";
              readonly container: string;
              /** The node's container that `container` replaces, for messages. */
              readonly replaces?: string;
              readonly seconds: number;
              /** Whether the state is new: no BuildKit has used it yet. */
              readonly isStateNew: boolean;
          }
        | { readonly do: "removeVolume"; readonly volume: string }
    );

/** A step that runs when the nodes are done. */
export type FinalStep =
    | ChoiceStep
    | (Cause &
          (
              | { readonly do: "writeContext"; readonly name: string; readonly content: DockerContext }
              | { readonly do: "removeContext"; readonly name: string }
              | { readonly do: "writeRecord"; readonly record: NodeGroup; readonly isNew: boolean }
              | { readonly do: "removeRecord"; readonly name: string }
              /** Checks that the nodes together offer the platforms. */
              | { readonly do: "requirePlatforms"; readonly builder: string; readonly platforms: readonly string[] }
              /** Changes nothing and warns the user: what exists is not managed by this resource. */
              | { readonly do: "leave"; readonly what: string }
              /** Changes nothing on the engine or in the store. Pulumi's state stores settings for later steps. */
              | { readonly do: "saveSettings" }
          ));

export type Step = NodeStep | FinalStep;

export type StepOf<Do extends Step["do"]> = Extract<Step, { do: Do }>;

/** A node, and the steps for it. */
export interface PlannedNode {
    readonly node: ObservedNode | Leftovers;
    readonly steps: readonly NodeStep[];
}

export interface Plan {
    /** Why the builder must not be changed. If set, there are no steps. */
    readonly refusal?: string;
    /**
     * The arguments whose change replaces the builder. If set, there are no steps here: `delete` and `create` plan
     * their own.
     */
    readonly replaces?: readonly string[];
    /** The nodes do not wait for each other. */
    readonly nodes: readonly PlannedNode[];
    /** The steps that run when all nodes are done. */
    readonly after: readonly FinalStep[];
}

export const nodeSteps = ({ nodes }: Pick<Plan, "nodes">): NodeStep[] => nodes.flatMap(({ steps }) => steps);
