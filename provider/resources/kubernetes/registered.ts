/** A builder's arguments and options as the class registers them with Pulumi. */
import * as pulumi from "@pulumi/pulumi";
import { configForms, gcForms } from "../../args/forms";
import { isKubeconfigText } from "../../cluster/kubeconfig";
import { inForms } from "../../program/forms";
import { isLater } from "../../program/inputs";
import { withSecretKeys } from "../../program/secretKeys";
import { optionsOfForms, secondForms } from "../builder/forms";
import { comparedWith, repeatedArguments } from "./saved";

interface NodeArgs {
    readonly kubeconfig?: pulumi.Input<string>;
    readonly buildkitdConfig?: unknown;
    readonly buildkitdToml?: unknown;
}

interface KubernetesArgs extends NodeArgs {
    readonly nodes?: pulumi.Input<pulumi.Input<NodeArgs>[]>;
    readonly gcRules?: unknown;
}

/**
 * Returns the arguments in the forms that the bridge takes, with the text of kubeconfigs and keys as secrets.
 *
 * @throws {RunError} if both forms of an argument are set.
 */
export function registeredArgs(args: KubernetesArgs): pulumi.Inputs {
    const { nodes, ...others } = inForms(args, gcForms);
    return {
        ...registeredNode(others),
        ...secondForms(args),
        ...(nodes !== undefined && { nodes: registeredNodes(nodes) }),
    };
}

const registeredNode = (args: NodeArgs): pulumi.Inputs => {
    const { kubeconfig, buildkitdConfig: config, buildkitdToml: toml, ...others } = inForms(args, configForms);
    return {
        ...others,
        ...(kubeconfig !== undefined && { kubeconfig: withSecretText(kubeconfig) }),
        ...(config !== undefined && { buildkitdConfig: withSecretKeys(config) }),
        ...(toml !== undefined && { buildkitdToml: withSecretKeys(toml) }),
    };
};

const registeredNodes = (nodes: NonNullable<KubernetesArgs["nodes"]>): unknown =>
    isLater(nodes)
        ? pulumi.output(nodes).apply((known) => (known as NodeArgs[]).map(registeredNode))
        : nodes.map((node) =>
              isLater(node)
                  ? pulumi.output(node).apply((known) => registeredNode(known as NodeArgs))
                  : registeredNode(node),
          );

/** Returns a kubeconfig as a secret if it is a text. The path of a file is not a secret. */
const withSecretText = (kubeconfig: pulumi.Input<string>): pulumi.Input<string> => {
    const marked = (text: string) => (isKubeconfigText(text) ? pulumi.secret(text) : pulumi.output(text));
    return isLater(kubeconfig)
        ? pulumi.output(kubeconfig).apply(marked)
        : isKubeconfigText(kubeconfig)
          ? pulumi.secret(kubeconfig)
          : kubeconfig;
};

export const registeredOptions = (args: KubernetesArgs, opts: pulumi.CustomResourceOptions | undefined) =>
    optionsOfForms(opts, [...(args.nodes === undefined ? [] : [repeatedArguments]), comparedWith]);
