/** The run of a plan. */
import type { Workers } from "../../buildkit/workers";
import type { Call } from "../../bridges/lifecycle";
import type { Waiting } from "../../waiting";
import type { NodeStep, Plan, PlannedNode, Step } from "./steps";

/** The steps begun so far. `undo` and `restoreReplaced` read them. */
export interface Progress {
    readonly begun: Step[];
    /** The last step begun, if it has not finished. After an abort it may still take effect. */
    abandoned?: Step;
}

/** The run of a node's steps. */
export interface NodeRun extends Progress {
    readonly node: PlannedNode["node"];
    steps: readonly NodeStep[];
    /** What the node's buildkitd reported when it booted. `undefined` if it was not booted. */
    workers?: Workers;
    /** Why a step failed, or why the node's engine is unreachable. */
    error?: Error;
}

export interface Applying extends Waiting, Progress {
    readonly nodes: readonly NodeRun[];
    /** Logs a warning, which stays on the screen. */
    readonly warn: (text: string) => Promise<void>;
}

/** Returns the run of a plan, before its first step. `begun` has the steps that belong to no node. */
export const startRun = ({ report, signal, warn }: Call, { nodes }: Plan): Applying => ({
    nodes: nodes.map(({ node, steps }) => ({ node, steps, begun: [] })),
    report,
    signal,
    warn,
    begun: [],
});

/** Whether a step of the plan has begun, so that something may have changed. */
export const hasBegun = ({ nodes, begun }: Applying): boolean =>
    [begun, ...nodes.map((node) => node.begun)].some((steps) => steps.length > 0);

/** Returns the name of a node. */
export const nameOf = (node: PlannedNode["node"]): string =>
    node.desired === undefined ? node.name : node.desired.name;

/** Returns the error of a node, with the node's name if the builder has several nodes. */
export const asFailureOf = ({ node }: NodeRun, all: readonly NodeRun[], error: Error): Error =>
    all.length === 1 ? error : new Error(`node ${nameOf(node)}: ${error.message}`, { cause: error });

/** The nodes that failed. */
export const failedNodes = ({ nodes }: Applying): { run: NodeRun; error: Error }[] =>
    nodes.flatMap((run) => (run.error ? [{ run, error: run.error }] : []));
