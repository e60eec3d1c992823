import * as pulumi from "@pulumi/pulumi";
import { mayBeStarting } from "./startingMachine";
import { dynamicType, pluginType, pluginVersion, usesPlugin, withOtherType } from "./plugin";
import { requirePlugin } from "./requirePlugin";

/**
 * A resource of the plugin, if the stack's configuration says so, or else of a dynamic provider. An alias for the other
 * type lets a stack move from one to the other.
 *
 * Pulumi does not serialize the dynamic provider. It saves one line that names the implementation in this package. The
 * line is the same in every release.
 *
 * Pulumi's own `dynamic.Resource` serializes the provider object. For this it loads TypeScript's compiler into the
 * user's program and saves the resulting text, so that each upgrade changes every resource (pulumi/pulumi#12401). The
 * provider process only requires that the text exports a `handler`.
 */
export abstract class BuildxResource extends pulumi.CustomResource {
    /**
     * @param type the name of the class. `bridges/dynamic/index.ts` exports its lifecycle under this name.
     * @param args the arguments that the provider receives, by name, in the forms that it takes (`forms.ts`).
     * @param outputs the names of the outputs that are unknown until the resource is created.
     */
    constructor(
        type: string,
        name: string,
        args: pulumi.Inputs,
        outputs: readonly string[],
        opts: pulumi.CustomResourceOptions | undefined,
    ) {
        const isOfPlugin = usesPlugin();
        const token = isOfPlugin ? pluginType(type) : dynamicType(type);
        const hidden = isOfPlugin ? {} : hiddenInputs(type, name, args, opts);
        if (isOfPlugin) requirePlugin(pluginVersion(), opts);
        const options = withOtherType(isOfPlugin ? { version: pluginVersion(), ...opts } : opts, type);
        // Pulumi's SDK creates an output for each property, also for a property that is `undefined`.
        const withoutValues = Object.fromEntries(outputs.map((output) => [output, undefined]));
        const restore = withoutStackTraces();
        try {
            super(token, name, { ...withoutValues, ...args, ...hidden }, options);
            hideArguments(this, args, outputs, isOfPlugin);
        } finally {
            restore();
        }
    }
}

/** Returns the inputs of a dynamic provider that are not arguments. The Pulumi engine tells a plugin by itself. */
const hiddenInputs = (
    type: string,
    name: string,
    args: pulumi.Inputs,
    opts: pulumi.CustomResourceOptions | undefined,
) => ({
    __urn: withoutDependencies(
        pulumi.createUrn(name, dynamicType(type), opts?.parent, pulumi.getProject(), pulumi.getStack()),
    ),
    __replaceOnChanges: opts?.replaceOnChanges,
    __mayBeStarting: mayBeStarting(args, opts),
    __provider: providerText(type),
});

/**
 * Makes each output that has the name of an argument unknown until the resource is created. Otherwise, Pulumi would
 * return the argument as the output at the preview of the creation. At the preview of an update, the plugin returns the
 * output itself, and for a dynamic provider Pulumi returns the argument, too.
 */
function hideArguments(resource: object, args: pulumi.Inputs, outputs: readonly string[], isOfPlugin: boolean): void {
    const properties = resource as Record<string, pulumi.Output<unknown>>;
    const isArgument = (output: string) => args[output] !== undefined;
    // An output that is known once the resource is created, for a dynamic provider only if it is not updated either.
    const created = isOfPlugin ? "id" : outputs.find((output) => !isArgument(output));
    if (created === undefined) return;
    for (const output of outputs.filter(isArgument))
        properties[output] = pulumi.all([properties[output], properties[created]]).apply(([value]) => value);
}

/**
 * Disables the formatting of most stack traces. Returns a function that restores it.
 *
 * Pulumi's SDK formats a stack trace for each promise of each property, in case the promise never ends, and looks up
 * each line in a source map. This takes most of the time of a constructor. Until the restore, only traces of unlimited
 * length are formatted. The SDK takes these traces to find the place of the resource in the program. An error that is
 * thrown before the restore keeps its trace, because a trace is formatted when it is first read.
 */
function withoutStackTraces(): () => void {
    const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
    const format = before?.value as typeof Error.prepareStackTrace;
    if (before === undefined || format === undefined) return () => {}; // no source maps are used
    Error.prepareStackTrace = (error, frames): unknown =>
        Error.stackTraceLimit === Infinity ? format(error, frames) : String(error);
    return () => {
        Object.defineProperty(Error, "prepareStackTrace", before);
    };
}

/**
 * Returns a URN as a promise. A URN contains the URN of the parent. An output would depend on the parent, and a
 * resource that depends on a component waits for all children of the component, and therefore for itself.
 */
const withoutDependencies = (urn: pulumi.Output<string>): Promise<string> =>
    new Promise((resolve) => {
        urn.apply(resolve);
    });

const providerText = (type: string) => `exports.handler = () => require("pulumi-buildx/dynamic").${type};`;
