/** What Pulumi's state holds of a builder: its outputs, beside them the arguments by which it was made. */
import type { BuilderRecord } from "../buildx/store";
import type { Owner } from "../docker/ownership";
import { type Desired, desire, laterOf } from "./desired";
import type { BuilderInputs } from "./inputs";
import type { Known, Observed, ObservedNode } from "./observe";
import type { BuilderOutputs } from "./outputs";
import { changedFixed, optionsOfSettings, type Settings } from "./settings";

/**
 * Arguments are kept at their own place, since Pulumi keeps a secret only where it was given. Three of them
 * share it with an output of another meaning; `__endpoint` and `__platforms` keep what was asked.
 */
export type BuilderState = BuilderOutputs &
    Pick<BuilderInputs, (typeof keptArguments)[number]> & {
        __owner: Owner;
        __endpoint?: string;
        __platforms?: string[];
        /** It was taken over from someone who did not label it. */
        __adopted?: boolean;
        /** A refresh saw that the image's name means another image by now. */
        __imageMoved?: boolean;
    };

const keptArguments = [
    "state",
    "driverOpts",
    "buildkitdFlags",
    "use",
    "keepState",
    "adopt",
    "pull",
    "labels",
    "bootTimeout",
    "drainTimeout",
] as const;

export function stateOf(
    inputs: BuilderInputs,
    { owner, isAdopted }: { owner: Owner; isAdopted: boolean },
    outputs: BuilderOutputs,
): BuilderState {
    const kept = keptArguments.filter((key) => inputs[key] !== undefined).map((key) => [key, inputs[key]]);
    const endpoint = inputs.endpoint ?? inputs.state?.endpoint;
    return {
        ...(Object.fromEntries(kept) as Pick<BuilderInputs, (typeof keptArguments)[number]>),
        ...outputs,
        __owner: owner,
        ...(endpoint !== undefined && { __endpoint: endpoint }),
        ...(inputs.platforms !== undefined && { __platforms: inputs.platforms }),
        ...(isAdopted && { __adopted: true }),
    };
}

/** The arguments that made a builder as the state has it. */
export function argumentsInState(state: BuilderState): BuilderInputs {
    const kept = keptArguments.map((key) => [key, state[key]]);
    return {
        ...(Object.fromEntries(kept) as Pick<BuilderInputs, (typeof keptArguments)[number]>),
        name: state.name,
        ...(state.__endpoint !== undefined && { endpoint: state.__endpoint }),
        ...(state.__platforms !== undefined && { platforms: state.__platforms }),
        __urn: state.__owner.urn,
    };
}

export const known = (state: BuilderState): Known => ({
    identity: { name: state.name, endpoint: state.__endpoint, node: state.nodes[0]?.name ?? "" },
    later: laterOf(argumentsInState(state)),
    imageMoved: state.__imageMoved === true,
});

/** The builder as it was when the state was written: what there is for `plan` without asking the engine. */
export function observedInState(state: BuilderState, record: BuilderRecord): Observed {
    const before = desire(argumentsInState(state), state.__owner);
    return {
        host: state.dockerEndpoint,
        record,
        isContext: false,
        known: known(state),
        engine: {},
        nodes: before.nodes.map((node, index): ObservedNode => {
            const { status } = state.nodes[index] ?? { status: "inactive" };
            const settings: Settings = node.settings;
            const imageMoved = state.__imageMoved === true;
            return {
                container:
                    status === "inactive"
                        ? undefined
                        : {
                              isOurs: true,
                              owner: state.__owner,
                              isRunning: status === "running",
                              wasStarted: true,
                              imageMoved,
                              settings,
                          },
                volume: { isOurs: true },
                hasImage: true,
                hasNetwork: true,
            };
        }),
    };
}

/** The state with its arguments as the engine shows them: what someone changed by hand becomes visible. */
export function withFound(state: BuilderState, desired: Desired, observed: Observed): BuilderState {
    const { __imageMoved: _, ...rest } = state;
    const [node] = desired.nodes;
    const container = observed.nodes[0]?.container;
    if (node === undefined || container === undefined) return rest;
    const found = container.settings;
    const driverOpts = optionsOfSettings(found, node.options);
    const changed = changedFixed(found, node.settings);
    return {
        ...rest,
        ...(container.imageMoved && { __imageMoved: true }),
        ...((state.driverOpts !== undefined || Object.keys(driverOpts).length > 0) && { driverOpts }),
        ...(changed.includes("flags") && { buildkitdFlags: found.fixed.flags }),
        ...(changed.includes("labels") && { labels: found.fixed.labels }),
    };
}
