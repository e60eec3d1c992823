/** What a plan consists of: the steps that create, change and remove a builder. */
import type { Cause } from "../../bridges/lifecycle";
import type { NodeGroup } from "../../buildx/store";
import type { ChoiceStep } from "../builder/choice";
import type { DesiredNode } from "./desired";

export type Step =
    | ChoiceStep
    | (Cause &
          (
              | {
                    /** Waits until the daemon of a node responds. */
                    readonly do: "connect";
                    readonly node: DesiredNode;
                    /** Time limit, in seconds. */
                    readonly seconds: number;
                }
              /** Checks that the nodes together offer the platforms. All nodes were connected to. */
              | { readonly do: "requirePlatforms"; readonly builder: string; readonly platforms: readonly string[] }
              /** Writes files by their paths in buildx's folder. */
              | { readonly do: "writeFiles"; readonly files: Readonly<Record<string, string>> }
              /** Removes files and folders by their paths in buildx's folder. */
              | { readonly do: "removeFiles"; readonly paths: readonly string[] }
              | { readonly do: "writeRecord"; readonly record: NodeGroup; readonly isNew: boolean }
              | { readonly do: "removeRecord"; readonly name: string }
              /** Changes nothing and warns the user: what exists is not managed by this resource. */
              | { readonly do: "leave"; readonly what: string }
              /** Changes nothing outside of Pulumi's state, which stores settings for later steps. */
              | { readonly do: "saveSettings" }
          ));

export type StepOf<Do extends Step["do"]> = Extract<Step, { do: Do }>;
