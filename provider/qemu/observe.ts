import type { Engine } from "../docker/engine";
import { type Claims, readClaims } from "./claims";
import type { DesiredEmulation } from "./desired";
import { callImage, type Report } from "./image";

/** What there is on the engine's host. */
export interface ObservedEmulation extends Omit<Report, "said"> {
    /** The engine, for messages. */
    readonly host: string;
    /** The other engine on whose host it is, if the docker CLI would use this one by now. */
    readonly leftAt?: string | undefined;
    /** It is the host of another engine than the one that the state knows. */
    readonly isOther?: boolean;
    readonly claims: Claims;
}

export async function observeEmulation(
    engine: Engine,
    desired: DesiredEmulation,
    signal: AbortSignal,
): Promise<ObservedEmulation> {
    const { supported, emulators } = await callImage(engine, desired, {}, signal);
    return {
        host: engine.endpoint.host,
        supported,
        emulators,
        claims: await readClaims(engine, desired.owner),
    };
}
