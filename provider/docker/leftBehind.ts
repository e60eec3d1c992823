import { type Endpoint, findEndpoint, recordedEndpoint } from "./endpoint";
import { connect, type Engine, traitsOf } from "./engine";

/** A resource's place, as it was asked for and as it was written down when the resource was created or changed. */
export interface RecordedPlace {
    /** `undefined`: what the docker CLI would use. */
    readonly endpoint?: string | undefined;
    /** A docker context's name or a host; `undefined` or empty if nothing was written down. */
    readonly recorded?: string | undefined;
}

/**
 * The engine on which something was left that was created without an endpoint, if the docker CLI would use another engine
 * by now (`docker context use`, another `DOCKER_HOST`). An engine that does not answer, or that has nothing of it any more,
 * does not count: a CI machine has an engine of its own, under whatever address.
 *
 * @param recordAs how an endpoint is written down.
 * @param isThere whether an engine has something of the resource.
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

/** Why nothing is done for a resource that was left on another engine. `what` is such as `builder "ci"`. */
export const whyLeftBehind = (what: string, left: string, current: string): string =>
    `${what} is on ${left}, and without an endpoint the docker CLI uses ${current} by now. ` +
    `Set endpoint: "${left}" to keep it there, or endpoint: "${current}" to replace it with an empty one here`;
