/** The second forms of arguments, such as `gcRules` beside `gc`, as the classes of builders register them with Pulumi. */
import type * as pulumi from "@pulumi/pulumi";
import { configForms, gcForms, pathsOfBothForms } from "../../args/forms";
import { isLater } from "../../program/inputs";
import { usesPlugin } from "../../program/plugin";

interface Forms {
    readonly gcRules?: unknown;
    readonly buildkitdToml?: unknown;
    readonly nodes?: unknown;
}

/**
 * Returns the internal argument with the paths of the properties in the second form, so that the dynamic bridge names them
 * in errors. The plugin gets the forms as they are.
 */
export function secondForms({ gcRules, buildkitdToml, nodes }: Forms): pulumi.Inputs {
    if (usesPlugin()) return {};
    const each: readonly pulumi.Input<Forms>[] = Array.isArray(nodes) ? nodes : [];
    const ofNodes = each.flatMap((node, index) =>
        !isLater(node) && node.buildkitdToml !== undefined ? [`nodes[${index}].${configForms.property}`] : [],
    );
    const second = [
        ...(gcRules === undefined ? [] : [gcForms.property]),
        ...(buildkitdToml === undefined ? [] : [configForms.property]),
        ...ofNodes,
    ];
    return second.length > 0 ? { __secondForms: second } : {};
}

/**
 * Returns the options of a resource whose arguments have second forms.
 *
 * @param secretOutputs the properties of the state that are secret.
 */
export const optionsOfForms = (
    opts: pulumi.CustomResourceOptions | undefined,
    secretOutputs: readonly string[],
): pulumi.CustomResourceOptions => ({
    ...opts,
    ...(opts?.ignoreChanges && { ignoreChanges: pathsOfBothForms(opts.ignoreChanges) }),
    ...(opts?.replaceOnChanges && { replaceOnChanges: pathsOfBothForms(opts.replaceOnChanges) }),
    ...(secretOutputs.length > 0 && {
        additionalSecretOutputs: [...(opts?.additionalSecretOutputs ?? []), ...secretOutputs],
    }),
});
