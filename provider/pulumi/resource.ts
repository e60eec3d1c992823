import * as pulumi from "@pulumi/pulumi";

/**
 * A resource of a dynamic provider that is not serialised: what Pulumi keeps of it is one line that names the
 * implementation in this package, the same in every release.
 *
 * Pulumi's own `dynamic.Resource` would serialise the provider object, which takes TypeScript's compiler into
 * the user's program and keeps whatever text that makes of it, so that each upgrade changed every resource
 * (pulumi/pulumi#12401). The provider process only asks of the text that it exports a `handler`.
 */
export abstract class BuildxResource extends pulumi.CustomResource {
    /** @param type the class's name, by which `provider/dynamic.ts` exports its lifecycle. */
    constructor(type: string, name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions | undefined) {
        const token = `pulumi-nodejs:dynamic/buildx:${type}`;
        const urn = withoutDependencies(
            pulumi.createUrn(name, token, opts?.parent, pulumi.getProject(), pulumi.getStack()),
        );
        const hidden = { __urn: urn, __replaceOnChanges: opts?.replaceOnChanges, __provider: providerText(type) };
        super(token, name, { ...props, ...hidden }, opts);
    }
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
