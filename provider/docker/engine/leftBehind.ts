import { type Endpoint, findEndpoint, recordedEndpoint } from "../endpoint/endpoint";
import { connect, type Engine, traitsOf } from "./engine";

/** A resource's endpoint: the argument, and the endpoint recorded when the resource was created or updated. */
export interface RecordedPlace {
    /** The argument; `undefined`: the endpoint that the docker CLI would use. */
    readonly endpoint?: string | undefined;
    /** A docker context's name or a host; `undefined` or empty if nothing was recorded. */
    readonly recorded?: string | undefined;
}

/**
 * Returns the engine on which a resource without an `endpoint` was left behind because the docker CLI now uses another
 * engine (`docker context use`, another `DOCKER_HOST`). Returns `undefined` if the recorded engine does not respond or
 * no longer has anything of the resource: each CI machine has its own engine, under any address.
 *
 * @param recordAs returns the form in which an endpoint is recorded.
 * @param isThere returns whether an engine has something of the resource.
 */
export async function findLeftBehind(
    { endpoint, recorded }: RecordedPlace,
    recordAs: (endpoint: Endpoint) => string,
    isThere: (engine: Engine) => Promise<boolean>,
): Promise<Engine | undefined> {
    if (endpoint !== undefined || !recorded) return undefined;
    const current = await findEndpoint().catch(() => undefined);
    if (current !== undefined && recordAs(current) === recorded) return undefined;
    const old = await recordedEndpoint(recorded)
        .then(connect)
        .catch(() => undefined);
    if (old === undefined || !(await isThere(old).catch(() => false))) return undefined;
    const other = current && (await connect(current).catch(() => undefined));
    if (other === undefined) return old;
    const [oldTraits, otherTraits] = await Promise.all([traitsOf(old), traitsOf(other)]);
    return oldTraits.ID === otherTraits.ID ? undefined : old;
}

/**
 * Returns why nothing is done for a resource that was left on another engine. `what` is, for example, `builder "ci"`.
 */
export const whyLeftBehind = (what: string, left: string, current: string): string =>
    `${what} is on ${left}, but without the argument endpoint the docker CLI now uses ${current}. ` +
    `Set endpoint: "${left}" to keep it there, or endpoint: "${current}" to replace it with an empty one on that engine`;
