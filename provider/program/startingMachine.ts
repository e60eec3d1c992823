/**
 * Determines whether the engine of a resource may be on a machine that the same program creates. The engine of a new
 * machine may respond only some seconds after the provider of the machine has reported it as created. Only in this case
 * does a creation wait for an unreachable engine. In all other cases a wrong address is reported at once.
 *
 * The engine may be on a new machine if the endpoint or its certificates are outputs of another resource, for example
 * the address of the machine, or if the user wrote that this resource depends on others.
 */
import * as pulumi from "@pulumi/pulumi";
import { isLater } from "./inputs";

/** Arguments of a resource that select its engine. Each may be a promise or an output. */
interface Places {
    readonly endpoint?: unknown;
    readonly tls?: unknown;
    /** The part of a `BuildKitState` that the resource uses. */
    readonly state?: unknown;
    readonly nodes?: unknown;
}

/**
 * Reports whether the engine of a resource may be on a machine that the same program creates.
 *
 * @returns a promise. An output could be unknown at preview, and would add dependencies to the resource. The value is
 *   `undefined` instead of `false`, because Pulumi would save `false` in its state.
 */
export async function mayBeStarting(
    props: Places,
    opts: pulumi.CustomResourceOptions | undefined,
): Promise<true | undefined> {
    try {
        const found = await Promise.all([resourcesOf(placesIn(props)), dependenciesIn(opts)]);
        return found.flat().some(mayBeMachine) || undefined;
    } catch {
        return undefined; // Pulumi reports the error for the argument or the option
    }
}

/** Returns the values that select the engine of each node. A state, list or node that is not known yet is not split. */
function placesIn({ endpoint, tls, state, nodes }: Places): unknown[] {
    const inside = (of: unknown) => (isLater(of) || typeof of !== "object" ? [of] : placesIn(of ?? {}));
    return [endpoint, tls, ...inside(state), ...(Array.isArray(nodes) ? nodes.flatMap(inside) : [nodes])];
}

async function resourcesOf(values: unknown[]): Promise<unknown[]> {
    const output = pulumi.output(values) as { allResources?: () => Promise<Iterable<unknown>> };
    return [...((await output.allResources?.()) ?? [])];
}

/** Returns the resources in `dependsOn`. An output of a resource counts as an arbitrary resource. */
async function dependenciesIn(opts: pulumi.CustomResourceOptions | undefined): Promise<unknown[]> {
    const given: unknown = await opts?.dependsOn;
    const all: unknown[] = Array.isArray(given) ? given : given === undefined ? [] : [given];
    return Promise.all(all.map(async (each) => (pulumi.Output.isInstance(each) ? {} : each)));
}

/**
 * Whether a resource may be a new machine. A resource of this package exists only after its engine has responded.
 * Resources of another stack already exist.
 */
const mayBeMachine = (resource: unknown): boolean => {
    const { __pulumiType: type = "" } = resource as { __pulumiType?: string };
    return !type.startsWith("pulumi-nodejs:dynamic/buildx:") && type !== "pulumi:pulumi:StackReference";
};
