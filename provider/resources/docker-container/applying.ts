/** What steps are run with. */
import type { Workers } from "../../buildkit/workers";
import type { Engine } from "../../docker/engine/engine";
import type { Waiting } from "../../waiting";
import type { Step } from "./steps";

/** The engine that runs a node's steps, and the steps begun so far. */
export interface Context {
    /** `undefined` if the node's engine is unreachable. The node then has no steps. */
    readonly engine: Engine | undefined;
    /** The steps begun so far. `undo` and `goBack` read them. */
    readonly begun: Step[];
    /** The last step begun, if it has not finished. After an abort it may still take effect. */
    abandoned?: Step;
}

export interface Applying extends Waiting {
    /** One context per node, in the order of the plan. */
    readonly contexts: readonly Context[];
    /** Logs a warning, which stays on the screen. */
    readonly warn: (text: string) => Promise<void>;
    /** What each booted buildkitd reported, by container name. */
    readonly workers: Map<string, Workers>;
    /** The steps begun that belong to no node. */
    readonly begun: Step[];
}
