import type { Call, Created } from "../../bridges/lifecycle";
import { canonicalName } from "../../buildx/names";
import { inspectContainer } from "../../docker/engine/container";
import { ownerOf } from "../../ownership";
import { describeFound } from "./node/readOutputs";
import { registriesOf } from "./node/files";
import { addressIn, addressOf, allTroubles, letsGo } from "./node/engines";
import { type KnownNode, observe } from "./observe";
import { ownedAsIn } from "./ownership";
import { readBuilder } from "./findBuilder";
import { reachKnown } from "./node/connect";
import { argumentsInState, type BuilderState, describedInState, desiredInState, known, withFound } from "./saved";

/**
 * Reads a builder and returns its new state, with the changes that a user made on its engines. Returns `undefined` if
 * nothing is left of the builder on its engines and in buildx's store.
 */
export async function read(
    call: Call,
    id: string,
    props: Partial<BuilderState>,
): Promise<Created<BuilderState> | undefined> {
    if (props.__owner === undefined) return readForeign(call, id, props);
    const olds = props as BuilderState;
    const desired = desiredInState(olds, await registriesOf(argumentsInState(olds)));
    const before = known(olds, desired);
    const isAsked = (each: KnownNode) =>
        desired.nodes.some(({ name }) => before.nodes.find((node) => node.name === name) === each);
    const leftover = before.nodes.filter((each) => !isAsked(each));
    const sites = await reachKnown([
        ...desired.nodes.map((node) => addressIn(before, node)),
        ...leftover.map(addressOf),
    ]);
    const troubles = sites.filter(({ trouble }) => trouble !== undefined);
    if (troubles.length === sites.length) {
        if (await letsGo(call, sites, "The builder is taken out of Pulumi's state")) return undefined;
        throw allTroubles(sites);
    }
    for (const { node, trouble } of troubles) await call.warn(`node ${node} is shown as inactive: ${trouble?.message}`);
    const observed = await observe(sites, desired, ownedAsIn(olds), before);
    const isGone =
        troubles.length === 0 &&
        observed.record.is === "absent" &&
        observed.nodes.every(
            ({ container, volume }, index) =>
                !container?.isOurs && (desired.nodes[index]?.volumeIsStates || !volume?.isOurs),
        );
    if (isGone) return undefined;
    const nodes = await describeFound(desired, sites, observed, olds);
    return { id, saved: withFound({ ...olds, ...describedInState(olds.name, nodes) }, desired, observed) };
}

/** Reads a builder that is not in Pulumi's state from its engine and buildx's store, for `BuildxBuilder.get`. */
async function readForeign(call: Call, id: string, props: Partial<BuilderState>): Promise<Created<BuilderState>> {
    const name = canonicalName(id);
    const { outputs, engine, warning } = await readBuilder(name);
    if (warning !== undefined) await call.warn(warning);
    const container = await inspectContainer(engine, outputs.containerName);
    const owner = ownerOf(container?.Config.Labels) ?? { urn: "", store: "" };
    return { id: name, saved: { ...props, ...outputs, __owner: owner } };
}
