/** Arguments of a program in the forms that a bridge takes. */
import * as pulumi from "@pulumi/pulumi";
import { mergeForms, requireOneForm, separateForms, type TwoForms } from "../args/forms";
import { isLater } from "./inputs";
import { usesPlugin } from "./plugin";

/**
 * Returns arguments with an argument of two forms as the bridge takes it: as one argument, or with the plugin as two
 * properties.
 *
 * @throws {RunError} if both forms are set.
 */
export function inForms<Args extends object>(args: Args, forms: TwoForms): Args {
    try {
        requireOneForm(args as pulumi.Inputs, forms);
    } catch (error) {
        throw new pulumi.RunError((error as Error).message);
    }
    const { argument, property, isSecond } = forms;
    if (!usesPlugin()) return mergeForms(args as pulumi.Inputs, forms) as Args;
    const { [argument]: value, ...others } = args as pulumi.Inputs;
    if (!isLater(value)) return separateForms(args as pulumi.Inputs, forms) as Args;
    // The form is known when the value is known.
    const known = pulumi.output(value as object) as pulumi.Output<unknown>;
    return {
        ...others,
        [argument]: known.apply((each) => (isSecond(each) ? undefined : each)),
        [property]: known.apply((each) => (isSecond(each) ? each : undefined)),
    } as Args;
}

/** Returns a location as the bridge takes it. With the plugin, a location is an object also if it is a path. */
export function locationInForm<T extends object>(given: pulumi.Input<string | T>): unknown {
    if (!usesPlugin()) return given;
    if (isLater(given)) return (pulumi.output(given as object) as pulumi.Output<unknown>).apply(toObject);
    return toObject(given);
}

const toObject = (location: unknown): unknown => (typeof location === "string" ? { archive: location } : location);
