/**
 * What the text in each resource's `__provider` names, and so the way from Pulumi's provider process into this
 * package. It has to stay where it is and keep these names: states of every release hold the text.
 */
import type { ResourceProvider } from "@pulumi/pulumi/dynamic";
import { withPlainErrors } from "./pulumi/failure";

type Verbs = Required<Omit<ResourceProvider, "configure">>;

/** The verbs of a lifecycle, which is loaded when the first of them is called. */
function provider(load: () => Promise<Verbs>): Verbs {
    const verb = <Name extends keyof Verbs>(name: Name) =>
        withPlainErrors(async (...args: unknown[]) => {
            const implementation = (await load())[name] as (...args: unknown[]) => Promise<unknown>;
            return implementation(...args);
        }) as Verbs[Name];
    return {
        check: verb("check"),
        diff: verb("diff"),
        create: verb("create"),
        read: verb("read"),
        update: verb("update"),
        delete: verb("delete"),
    };
}

export const BuildxBuilder = provider(() => import("./builder/lifecycle"));
export const BuildKitPrune = provider(() => import("./prune/lifecycle"));
export const BuildKitState = provider(() => import("./state/lifecycle"));
export const BuildKitStateArchive = provider(() => import("./archive/lifecycle"));
export const QemuEmulation = provider(() => import("./qemu/lifecycle"));
