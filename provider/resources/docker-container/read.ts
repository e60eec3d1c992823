import type { Call, Created } from "../../bridges/lifecycle";
import { canonicalName } from "../../buildx/names";
import { inspectContainer } from "../../docker/engine/container";
import { ownerOf } from "../../ownership";
import { foundOutputs } from "./node/readOutputs";
import { registriesOf } from "./node/files";
import { addressIn, addressOf, unreachableNodes, mayDropUnreachable } from "./node/engines";
import { type PreviousNode, observe } from "./observe";
import { ownedAsIn } from "./ownership";
import { findBuilder } from "./findBuilder";
import { connectPrevious } from "./node/connect";
import { savedArguments, type SavedBuilder, describedInState, savedDesired, previousOf, withFound } from "./saved";

/**
 * Reads a builder and returns its new state, with the changes that a user made on its engines. Returns `undefined` if
 * nothing is left of the builder on its engines and in buildx's store.
 */
export async function read(
    call: Call,
    id: string,
    props: Partial<SavedBuilder>,
): Promise<Created<SavedBuilder> | undefined> {
    if (props.__owner === undefined) return readForeign(call, id, props);
    const olds = props as SavedBuilder;
    const desired = savedDesired(olds, await registriesOf(savedArguments(olds)));
    const before = previousOf(olds, desired);
    const isAsked = (each: PreviousNode) =>
        desired.nodes.some(({ name }) => before.nodes.find((node) => node.name === name) === each);
    const leftover = before.nodes.filter((each) => !isAsked(each));
    const sites = await connectPrevious([
        ...desired.nodes.map((node) => addressIn(before, node)),
        ...leftover.map(addressOf),
    ]);
    const errors = sites.filter(({ error }) => error !== undefined);
    if (errors.length === sites.length) {
        if (await mayDropUnreachable(call, sites, "The builder is taken out of Pulumi's state")) return undefined;
        throw unreachableNodes(sites);
    }
    for (const { node, error } of errors) await call.warn(`node ${node} is shown as inactive: ${error?.message}`);
    const observed = await observe(sites, desired, ownedAsIn(olds), before);
    const isGone =
        errors.length === 0 &&
        observed.record.is === "absent" &&
        observed.nodes.every(
            ({ container, volume }, index) =>
                !container?.isOurs && (desired.nodes[index]?.isStateVolume || !volume?.isOurs),
        );
    if (isGone) return undefined;
    const nodes = await foundOutputs(desired, sites, observed, olds);
    return { id, saved: withFound({ ...olds, ...describedInState(olds.name, nodes) }, desired, observed) };
}

/** Reads a builder that is not in Pulumi's state from its engine and buildx's store, for `BuildxBuilder.get`. */
async function readForeign(call: Call, id: string, props: Partial<SavedBuilder>): Promise<Created<SavedBuilder>> {
    const name = canonicalName(id);
    const { outputs, engine, warning } = await findBuilder(name);
    if (warning !== undefined) await call.warn(warning);
    const container = await inspectContainer(engine, outputs.containerName);
    const owner = ownerOf(container?.Config.Labels) ?? { urn: "", store: "" };
    return { id: name, saved: { ...props, ...outputs, __owner: owner } };
}
