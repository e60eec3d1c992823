import * as pulumi from "@pulumi/pulumi";
import { mayBeStarting } from "./startingMachine";

/**
 * A resource of a dynamic provider that is not serialised: what Pulumi keeps of it is one line that names the
 * implementation in this package, the same in every release.
 *
 * Pulumi's own `dynamic.Resource` would serialise the provider object, which takes TypeScript's compiler into
 * the user's program and keeps whatever text that makes of it, so that each upgrade changed every resource
 * (pulumi/pulumi#12401). The provider process only asks of the text that it exports a `handler`.
 */
export abstract class BuildxResource extends pulumi.CustomResource {
    /** @param type the class's name, under which `index.ts` exports its lifecycle. */
    constructor(type: string, name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions | undefined) {
        const token = `pulumi-nodejs:dynamic/buildx:${type}`;
        const urn = withoutDependencies(
            pulumi.createUrn(name, token, opts?.parent, pulumi.getProject(), pulumi.getStack()),
        );
        const hidden = {
            __urn: urn,
            __replaceOnChanges: opts?.replaceOnChanges,
            __mayBeStarting: mayBeStarting(props, opts),
            __provider: providerText(type),
        };
        const restore = withoutStackTraces();
        try {
            super(token, name, { ...props, ...hidden }, opts);
        } finally {
            restore();
        }
    }
}

/**
 * Pulumi's SDK formats a stack trace for each promise of each property, in case that one never ends, and has each of its
 * lines looked up in a source map: most of what a resource takes. Until traces are restored, only those are formatted that
 * the SDK takes whole, by which it knows the resource's place in the program. An error that is thrown meanwhile keeps its
 * own, which is formatted when someone looks at it.
 */
function withoutStackTraces(): () => void {
    const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
    const format = before?.value as typeof Error.prepareStackTrace;
    if (before === undefined || format === undefined) return () => {}; // nothing is looked up
    Error.prepareStackTrace = (error, frames): unknown =>
        Error.stackTraceLimit === Infinity ? format(error, frames) : String(error);
    return () => {
        Object.defineProperty(Error, "prepareStackTrace", before);
    };
}

/**
 * A URN names its parent. As an output it would depend on that parent, and what depends on a component waits for all
 * of its children: for itself.
 */
const withoutDependencies = (urn: pulumi.Output<string>): Promise<string> =>
    new Promise((resolve) => {
        urn.apply(resolve);
    });

const providerText = (type: string) => `exports.handler = () => require("pulumi-buildx/dynamic").${type};`;
