/**
 * Detects builders that would use the state of another builder. buildkitd locks its state, so the second builder cannot
 * boot.
 */
import { canonicalName, nodeName, volumeName } from "../../../buildx/names";
import { findEndpoint } from "../../../docker/endpoint/endpoint";
import { connect } from "../../../docker/engine/engine";
import { ownerOf } from "../../../ownership";
import { containersOf } from "../../../docker/engine/volume";
import { hasUnknown, unknown } from "../../../args/unknown";
import { nodesOf } from "../nodeArgs";
import type { BuilderInputs, StateReference } from "../args";

export interface SharedState {
    /** Index of the node in `nodes`; `undefined` for a builder without `nodes`. */
    readonly node: number | undefined;
    readonly reason: string;
}

/**
 * Returns the states of a new builder that the container of another builder already uses. States that cannot be queried
 * yet are left out.
 */
export async function sharedStates(inputs: BuilderInputs, urn: string): Promise<SharedState[]> {
    if (inputs.adopt || hasUnknown(inputs.nodes ?? [])) return [];
    const found = nodesOf(inputs).map(async ({ state, endpoint, tls }, index): Promise<SharedState[]> => {
        if (state === undefined || hasUnknown([state.builderName, endpoint, tls])) return [];
        const reason = await whyShared(state, { endpoint, tls, urn }).catch(() => undefined);
        return reason === undefined ? [] : [{ node: inputs.nodes && index, reason }];
    });
    return (await Promise.all(found)).flat();
}

async function whyShared(
    { builderName, node }: StateReference,
    { endpoint, tls, urn }: Pick<BuilderInputs, "endpoint" | "tls"> & { urn: string },
): Promise<string | undefined> {
    // The node of a state that does not exist yet is known at preview only if the user set it.
    const volume = volumeName(canonicalName(node === unknown ? nodeName(builderName, 0) : node));
    const engine = await connect(await findEndpoint(endpoint, tls));
    const others = (await containersOf(engine, volume)).filter(({ labels }) => ownerOf(labels)?.urn !== urn);
    const [other] = others;
    if (other === undefined) return undefined;
    const owner = ownerOf(other.labels)?.urn;
    return (
        `container ${other.name} on ${engine.endpoint.host} works on that state (${volume}) already, and was made ` +
        `${owner === undefined ? "by buildx or by hand" : `by ${owner}`}. buildkitd locks its state: give the builder one ` +
        "of its own, or set adopt: true to take that container over"
    );
}
