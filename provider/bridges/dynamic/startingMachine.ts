/**
 * Whether the engine of a resource may be on a machine that the same program creates, and that answers only some seconds
 * after its provider has said that it is there. Only then does a creation wait for an engine that cannot be reached:
 * everywhere else a wrong address is reported at once.
 *
 * The program itself knows: the endpoint or its certificates are outputs of another resource, such as the machine's address,
 * or the user has written that this resource depends on others.
 */
import * as pulumi from "@pulumi/pulumi";

/** The arguments of a resource that say where its engine is; each may be a promise or an output. */
interface Places {
    readonly endpoint?: unknown;
    readonly tls?: unknown;
    /** What is taken from a `BuildKitState`. */
    readonly state?: unknown;
    readonly nodes?: unknown;
}

/**
 * @returns a promise, and no output: it must not be unknown at preview, nor add to what the resource depends on. It is
 *   `undefined` rather than `false`, which Pulumi would write into its state.
 */
export async function mayBeStarting(
    props: Places,
    opts: pulumi.CustomResourceOptions | undefined,
): Promise<true | undefined> {
    try {
        const found = await Promise.all([resourcesOf(placesIn(props)), dependenciesIn(opts)]);
        return found.flat().some(mayBeMachine) || undefined;
    } catch {
        return undefined; // Pulumi reports it of the argument or the option itself
    }
}

/** What says where the engine of each node is. A state, a list or a node that is not known yet is taken whole. */
function placesIn({ endpoint, tls, state, nodes }: Places): unknown[] {
    const inside = (of: unknown) => (isLater(of) || typeof of !== "object" ? [of] : placesIn(of ?? {}));
    return [endpoint, tls, ...inside(state), ...(Array.isArray(nodes) ? nodes.flatMap(inside) : [nodes])];
}

const isLater = (value: unknown): boolean => pulumi.Output.isInstance(value) || value instanceof Promise;

async function resourcesOf(values: unknown[]): Promise<unknown[]> {
    const output = pulumi.output(values) as { allResources?: () => Promise<Iterable<unknown>> };
    return [...((await output.allResources?.()) ?? [])];
}

/** Which resource an output of one will be does not matter here: there is one. */
async function dependenciesIn(opts: pulumi.CustomResourceOptions | undefined): Promise<unknown[]> {
    const given: unknown = await opts?.dependsOn;
    const all: unknown[] = Array.isArray(given) ? given : given === undefined ? [] : [given];
    return Promise.all(all.map(async (each) => (pulumi.Output.isInstance(each) ? {} : each)));
}

/** This package's own resources exist only once their engine has answered; another stack's are there already. */
const mayBeMachine = (resource: unknown): boolean => {
    const { __pulumiType: type = "" } = resource as { __pulumiType?: string };
    return !type.startsWith("pulumi-nodejs:dynamic/buildx:") && type !== "pulumi:pulumi:StackReference";
};
