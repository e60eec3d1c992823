/** Imports the emulators that are registered on an engine's host. */
import type { Call, Imported } from "../../bridges/lifecycle";
import { storeIdentifier } from "../../buildx/store";
import { findEndpoint } from "../../docker/endpoint/endpoint";
import { connect, type Engine } from "../../docker/engine/engine";
import { inspectVolume } from "../../docker/engine/volume";
import { type Owner, ownerOf } from "../../ownership";
import { recordEndpoint } from "../previousEngine";
import { architectures, architecturesOf, emulatorOf } from "./architectures";
import type { EmulationArguments } from "./args";
import { desiredEmulation } from "./desired";
import { obtainImage } from "./image";
import { observeEmulation } from "./observe";
import { type SavedEmulation, toSaved } from "./saved";

/** The start of the id of an emulation that a resource created. */
const savedId = /^pulumi-buildx-qemu-[0-9a-f]+$/;

/**
 * Returns an emulation with the platforms whose emulators are registered and work.
 *
 * @param id the engine of the host: the name of a docker context or a host. The resource then registered no emulator, so
 *   its removal removes none. Or the id of an emulation that a resource created on the docker CLI's engine: it keeps its
 *   owner and its emulators.
 * @throws {Error} if there are no emulators, or the engine has no emulation of that id.
 */
export async function importEmulation(
    call: Call,
    id: string,
    given: Partial<EmulationArguments>,
): Promise<Imported<EmulationArguments, SavedEmulation>> {
    const isOfResource = savedId.test(id);
    const { engine, endpoint } = await engineOf(isOfResource ? given.endpoint : id, given);
    const self: Owner = { urn: call.urn, store: await storeIdentifier() };
    const owner = isOfResource ? await ownerOfEmulation(engine, id) : self;
    const { tls, image } = given;
    const others = {
        ...(endpoint !== undefined && { endpoint }),
        ...(tls !== undefined && { tls }),
        ...(image !== undefined && { image }),
    };
    const any = desiredEmulation(others, owner);
    await obtainImage(engine, any, call);
    const observed = await observeEmulation(any, engine, call.signal);
    const { emulators, owners, supported } = observed;
    const found = isOfResource ? emulators.filter((each) => owners.own?.includes(each)) : emulators;
    const runs = architecturesOf(supported);
    const emulated = architectures.filter((each) => found.includes(emulatorOf(each)) && runs.includes(each));
    if (emulated.length === 0) {
        throw new Error(
            `QemuEmulation "${id}" cannot be imported: no emulators are registered on the host of ` +
                `${engine.endpoint.host}. Create a QemuEmulation instead: it registers the emulators that are missing`,
        );
    }
    const args = { platforms: emulated.map((each) => `linux/${each}`), ...others };
    const desired = desiredEmulation(args, owner);
    return { id: desired.name, saved: await toSaved(args, desired, observed, engine), args };
}

/** Returns the engine, and its endpoint if the docker CLI uses another engine. */
async function engineOf(
    endpoint: string | undefined,
    { tls }: Partial<EmulationArguments>,
): Promise<{ engine: Engine; endpoint: string | undefined }> {
    const current = await findEndpoint(undefined, tls).catch(() => undefined);
    const wanted = await findEndpoint(endpoint, tls);
    const isCurrent = current !== undefined && recordEndpoint(current) === recordEndpoint(wanted);
    return { engine: await connect(wanted), endpoint: isCurrent ? undefined : endpoint };
}

async function ownerOfEmulation(engine: Engine, id: string): Promise<Owner> {
    const owner = ownerOf((await inspectVolume(engine, id))?.Labels);
    if (owner !== undefined) return owner;
    throw new Error(
        `emulation ${id} not found on ${engine.endpoint.host}: it has no volume of that name. To import the emulators ` +
            "of a host, set the import id to its docker context or host, for example default",
    );
}
