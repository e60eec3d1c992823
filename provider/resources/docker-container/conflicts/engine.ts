/**
 * Detects builders that would use the state of a container that already exists. buildkitd locks its state, so the second
 * builder cannot boot.
 */
import { findEndpoint } from "../../../docker/endpoint/endpoint";
import { connect } from "../../../docker/engine/engine";
import { containersOf } from "../../../docker/engine/volume";
import { type Owner, ownerOf } from "../../../ownership";
import { isSameResource } from "../../../text/urn";
import type { BuilderInputs } from "../args";
import { type UsedState, usedStates } from "./usedStates";

export interface SharedState {
    /** Path of the argument that selects the state. */
    readonly property: string;
    readonly reason: string;
}

/**
 * Returns the states of a new builder that the container of another builder already uses. States that cannot be queried
 * yet are left out.
 */
export async function sharedStates(inputs: BuilderInputs, urn: string): Promise<SharedState[]> {
    if (inputs.adopt) return [];
    const found = usedStates(inputs).map(async (state): Promise<SharedState[]> => {
        const reason = await whyShared(state, urn).catch(() => undefined);
        return reason === undefined ? [] : [{ property: state.property, reason }];
    });
    return (await Promise.all(found)).flat();
}

async function whyShared({ volume, endpoint, tls }: UsedState, urn: string): Promise<string | undefined> {
    const engine = await connect(await findEndpoint(endpoint, tls));
    const isOwn = (found: Owner | undefined) => found !== undefined && isSameResource(found.urn, urn);
    const others = (await containersOf(engine, volume)).filter(({ labels }) => !isOwn(ownerOf(labels)));
    const [other] = others;
    if (other === undefined) return undefined;
    const owner = ownerOf(other.labels)?.urn;
    return (
        `container ${other.name} on ${engine.endpoint.host} already uses this state (${volume}). It was created ` +
        `${owner === undefined ? "by buildx or manually" : `by ${owner}`}. buildkitd locks its state: give the builder ` +
        "another state, or set adopt: true to take over the container"
    );
}
