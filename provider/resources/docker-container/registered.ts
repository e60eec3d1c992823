/** A builder's arguments and options as the class registers them with Pulumi. */
import * as pulumi from "@pulumi/pulumi";
import { configForms, gcForms } from "../../args/forms";
import { inForms } from "../../program/forms";
import { isLater } from "../../program/inputs";
import { usesPlugin } from "../../program/plugin";
import { withSecretKeys } from "../../program/secretKeys";
import { optionsOfForms, secondForms } from "../builder/forms";
import { type BuildKitState, stateInForm } from "../state/resource";
import { registerUser, type User } from "./conflicts/program";
import { repeatedArguments } from "./secrets";

/** The arguments of a node that are not registered as they are. `resource.ts` has all arguments. */
interface NodeArgs {
    readonly state?: BuildKitState;
    readonly tls?: unknown;
    readonly buildkitdConfig?: unknown;
    readonly buildkitdToml?: unknown;
}

interface BuilderArgs extends NodeArgs {
    readonly nodes?: pulumi.Input<pulumi.Input<NodeArgs>[]>;
}

/**
 * Returns the arguments in the forms that the bridge takes.
 *
 * @param name the logical name of the builder.
 * @throws {RunError} if both forms of an argument are set, or if another builder of this program uses the state.
 */
export function registeredArgs(name: string, args: BuilderArgs): pulumi.Inputs {
    const { state, nodes, ...others } = inForms(inForms(args, gcForms), configForms);
    const user: User = { name };
    if (state !== undefined) registerUser(user, state);
    return {
        ...others,
        ...secondForms(args),
        ...(state !== undefined && { state: stateInForm(state) }),
        ...withSecrets(others),
        ...(nodes && { nodes: registeredNodes(nodes, user) }),
    };
}

export const registeredOptions = (args: BuilderArgs, opts: pulumi.CustomResourceOptions | undefined) =>
    optionsOfForms(opts, args.nodes === undefined ? [] : [repeatedArguments]);

/** Returns the arguments that may contain keys, with the keys as secrets. */
const withSecrets = ({ tls, buildkitdConfig: config, buildkitdToml: toml }: NodeArgs) => ({
    ...(tls !== undefined && { tls: withSecretKeys(tls) }),
    ...(config !== undefined && { buildkitdConfig: withSecretKeys(config) }),
    ...(toml !== undefined && { buildkitdToml: withSecretKeys(toml) }),
});

/** Returns the nodes with each state as the bridge takes it. */
const registeredNodes = (nodes: NonNullable<BuilderArgs["nodes"]>, user: User) => {
    const ofNode = (args: NodeArgs) => {
        const { state, ...node } = inForms(args, configForms);
        if (state !== undefined) registerUser(user, state);
        return {
            ...node,
            ...withSecrets(node),
            // The schema has no resource in an object.
            ...(state && { state: usesPlugin() ? state.id : stateInForm(state) }),
        };
    };
    const ofEach = (node: pulumi.Input<NodeArgs>) =>
        isLater(node) ? pulumi.output(node).apply((known) => ofNode(known as NodeArgs)) : ofNode(node);
    return isLater(nodes)
        ? pulumi.output(nodes).apply((known) => (known as NodeArgs[]).map(ofNode))
        : nodes.map(ofEach);
};
