import type { EndpointArguments } from "../args/endpoint";
import { type Call, deleteUnreachableSetting } from "../bridges/lifecycle";
import { type Endpoint, findEndpoint } from "../docker/endpoint/endpoint";
import { connect, type Engine, UnreachableError } from "../docker/engine/engine";
import { findLeftBehind } from "../docker/engine/leftBehind";

/** Place of an existing resource. */
export interface PreviousPlace extends EndpointArguments {
    /** The recorded endpoint, as {@link recordEndpoint} returned it. */
    readonly recorded: string | undefined;
    /** Whether an engine has any part of the resource. */
    readonly isThere: (engine: Engine) => Promise<boolean>;
}

/** Returns the engine of a resource as its state records it: the name of a docker context, or a host. */
export const recordEndpoint = ({ context, host }: Endpoint): string => context ?? host;

/** Returns the engine of a resource that was created without an endpoint, if the docker CLI now uses another engine. */
export const whereLeft = ({ endpoint, recorded, isThere }: PreviousPlace): Promise<Engine | undefined> =>
    findLeftBehind({ endpoint, recorded }, recordEndpoint, isThere);

/** The engine of an existing resource as a preview finds it. */
export interface EngineAtPreview {
    /** The current endpoint, as {@link recordEndpoint} returns it. Empty if it cannot be found. */
    readonly host: string;
    /** The recorded endpoint, if the resource was left on another engine. */
    readonly leftAt: string | undefined;
    /** `undefined` if the engine does not respond: a preview does not fail for that. */
    readonly engine: Engine | undefined;
}

/** Returns the current engine of an existing resource, and whether the resource was left on another one. */
export async function engineAtPreview(place: PreviousPlace): Promise<EngineAtPreview> {
    const leftAt = (await whereLeft(place)) && place.recorded;
    const current = await findEndpoint(place.endpoint, place.tls).catch(() => undefined);
    const engine = current && (await connect(current).catch(() => undefined));
    return { host: current ? recordEndpoint(current) : "", leftAt, engine };
}

/**
 * Connects to the engine of an existing resource.
 *
 * @throws {UnreachableError} if the engine does not respond, or if its context or certificate does not exist any more.
 */
export async function connectToPrevious(place: PreviousPlace): Promise<Engine> {
    const left = await whereLeft(place);
    if (left !== undefined) return left;
    const endpoint = await findEndpoint(place.endpoint, place.tls).catch((error: Error) => {
        throw new UnreachableError(error.message, { cause: error });
    });
    return connect(endpoint);
}

/**
 * Connects to the engine of a resource that is removed or read. Returns `undefined` if the engine is unreachable and
 * the stack's configuration allows removing the resource from Pulumi's state. The user then gets a warning about the
 * parts that may remain.
 *
 * @param left the end of the warning, for example "Volume x may still exist there".
 */
export async function connectOrDrop(place: PreviousPlace, call: Call, left: string): Promise<Engine | undefined> {
    try {
        return await connectToPrevious(place);
    } catch (error) {
        if (!(error instanceof UnreachableError) || !(await call.deletesUnreachable())) throw withAdvice(error);
        await call.warn(`${error.message}. ${left}`);
        return undefined;
    }
}

/** Adds advice to the error of a removal if the engine is unreachable. */
export function withAdvice(error: unknown): unknown {
    if (!(error instanceof UnreachableError)) return error;
    return new UnreachableError(`${error.message}. ${deleteUnreachableAdvice}`, { cause: error });
}

/** Advice for a user whose engine is permanently gone. */
export const deleteUnreachableAdvice = `If the engine is permanently gone, run: pulumi config set ${deleteUnreachableSetting} true`;
