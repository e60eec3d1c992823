/** What a plan consists of: the steps that create, change and remove a builder. */
import type { Cause } from "../../bridges/lifecycle";
import type { FinalStep } from "../builder/finalSteps";
import type { DesiredNode } from "./desired";

export type Step =
    | FinalStep
    | (Cause & {
          /** Waits until the daemon of a node responds. */
          readonly do: "connect";
          readonly node: DesiredNode;
          /** Time limit, in seconds. */
          readonly seconds: number;
      });

export type StepOf<Do extends Step["do"]> = Extract<Step, { do: Do }>;
