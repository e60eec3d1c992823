import type { EndpointArguments } from "./args/endpoint";
import { type Call, deleteUnreachableSetting } from "./bridges/lifecycle";
import { type Endpoint, findEndpoint } from "./docker/endpoint";
import { connect, type Engine, UnreachableError } from "./docker/engine";
import { findLeftBehind } from "./docker/leftBehind";

/** Where a resource is that exists. */
export interface KnownPlace extends EndpointArguments {
    /** As {@link recordEndpoint} wrote it down. */
    readonly recorded: string | undefined;
    /** Whether an engine has something of the resource. */
    readonly isThere: (engine: Engine) => Promise<boolean>;
}

/** How the state of a resource has the engine that it is on: a docker context's name, or a host. */
export const recordEndpoint = ({ context, host }: Endpoint): string => context ?? host;

/** The engine on which a resource is that was created without an endpoint, if the docker CLI would use another by now. */
export const whereLeft = ({ endpoint, recorded, isThere }: KnownPlace): Promise<Engine | undefined> =>
    findLeftBehind({ endpoint, recorded }, recordEndpoint, isThere);

/**
 * The engine of a resource that exists.
 *
 * @throws UnreachableError if it does not answer, and also if it cannot be found, since its context or certificate is gone.
 */
export async function connectToKnown(place: KnownPlace): Promise<Engine> {
    const left = await whereLeft(place);
    if (left !== undefined) return left;
    const endpoint = await findEndpoint(place.endpoint, place.tls).catch((error: Error) => {
        throw new UnreachableError(error.message, { cause: error });
    });
    return connect(endpoint);
}

/**
 * Returns the engine of a resource that is removed or read. `undefined` if the engine is unreachable and the stack's
 * configuration allows to remove the resource from Pulumi's state; the user is then warned of what may be left.
 *
 * @param left such as "Volume x may be left there".
 */
export async function connectOrLetGo(place: KnownPlace, call: Call, left: string): Promise<Engine | undefined> {
    try {
        return await connectToKnown(place);
    } catch (error) {
        if (!(error instanceof UnreachableError) || !(await call.deletesUnreachable())) throw withAdvice(error);
        await call.warn(`${error.message}. ${left}`);
        return undefined;
    }
}

/** Returns the failure of a removal with advice, if the engine is unreachable. */
export function withAdvice(error: unknown): unknown {
    if (!(error instanceof UnreachableError)) return error;
    return new UnreachableError(`${error.message}. ${adviceToLetGo}`, { cause: error });
}

/** What a user can do if an engine is gone permanently. */
export const adviceToLetGo = `If it is gone for good, this lets go of it: pulumi config set ${deleteUnreachableSetting} true`;
