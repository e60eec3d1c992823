/** Builders that would work on the state of another: buildkitd locks its state, so that the second one cannot boot. */
import { canonicalName, nodeName, volumeName } from "../buildx/names";
import { findEndpoint } from "../docker/endpoint";
import { connect } from "../docker/engine";
import { ownerOf } from "../docker/ownership";
import { containersOf } from "../docker/volume";
import { hasUnknown, unknown } from "../args/unknown";
import { nodesOf } from "./desired";
import type { BuilderInputs, StateReference } from "./inputs";

export interface SharedState {
    /** The place of the node among `nodes`; `undefined` for a builder of one. */
    readonly node: number | undefined;
    readonly reason: string;
}

/** The states of a new builder that another one's container works on already; what cannot be asked yet is left out. */
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
    // Of a state that is yet to be made, the node is known at preview only where the user gave one.
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
