/** Imports a state that buildx or another resource created. */
import type { Call, Imported } from "../../bridges/lifecycle";
import { canonicalName, nodeName } from "../../buildx/names";
import { listRecords, readRecord, storeIdentifier } from "../../buildx/store";
import { recordedEndpoint } from "../../docker/endpoint/endpoint";
import { connect, type Engine } from "../../docker/engine/engine";
import { inspectVolume } from "../../docker/engine/volume";
import { isOwnLabel, type Owner, ownerOf } from "../../ownership";
import { typeOf } from "../../text/urn";
import { connectToPrevious, recordEndpoint } from "../previousEngine";
import type { StateArguments } from "./args";
import { defaultDriver, desiredState } from "./desired";
import { observeState } from "./observe";
import { placeOf, type SavedState, toSaved } from "./saved";

/** The builder of a state in buildx's records. */
interface RecordedUser {
    readonly builderName: string;
    readonly endpoint: string;
}

/**
 * Returns a state with the arguments that describe it. The volume is looked up on the engine of the builder that uses
 * it according to buildx's records, otherwise on the docker CLI's engine.
 *
 * A volume of another `BuildKitState` keeps that owner. Any other volume is adopted: it stays if the resource is removed.
 *
 * @param id the name of the volume.
 * @throws {Error} if the volume is not found, or is not a volume of buildx.
 */
export async function importState(
    call: Call,
    id: string,
    given: Partial<StateArguments>,
): Promise<Imported<StateArguments, SavedState>> {
    const [, node] = /^buildx_buildkit_(.+)_state$/.exec(canonicalName(id)) ?? [];
    if (node === undefined) {
        throw new Error(
            `"${id}" is not a valid state: must be the name of a builder's volume, for example ` +
                "buildx_buildkit_mybuilder0_state. List volumes with: docker volume ls",
        );
    }
    const user = await findUser(node);
    const { engine, endpoint } = await engineOf(id, given, user);
    const volume = await inspectVolume(engine, id);
    if (volume === undefined)
        throw new Error(`volume ${id} not found on ${engine.endpoint.host}. List volumes with: docker volume ls`);
    const builderName = user?.builderName ?? node.replace(/\d$/, "");
    const labels = Object.entries(volume.Labels ?? {}).filter(([key]) => !isOwnLabel(key));
    const driverOpts = volume.Options ?? {};
    const args: StateArguments = {
        builderName,
        ...(node !== nodeName(builderName, 0) && { node }),
        ...(endpoint !== undefined && { endpoint }),
        ...(given.tls !== undefined && { tls: given.tls }),
        ...(volume.Driver !== defaultDriver && { volumeDriver: volume.Driver }),
        ...(Object.keys(driverOpts).length > 0 && { volumeDriverOpts: driverOpts }),
        ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
    };
    const owner = ownerOf(volume.Labels);
    const isOfState = owner !== undefined && typeOf(owner.urn).endsWith(":BuildKitState");
    const self: Owner = { urn: call.urn, store: await storeIdentifier() };
    const desired = desiredState(args, isOfState ? owner : self);
    const observed = await observeState({ volume: id }, engine);
    const saved = toSaved(args, desired, observed, { adopted: true, isForeign: !isOfState }, engine.endpoint);
    return { id, saved, args };
}

/** Returns the builder whose record has a node. Unreadable records are skipped. */
async function findUser(node: string): Promise<RecordedUser | undefined> {
    for (const builderName of await listRecords()) {
        const record = await readRecord(builderName);
        const stored = record.is === "present" ? record.nodeGroup.Nodes.find(({ Name }) => Name === node) : undefined;
        if (stored !== undefined) return { builderName, endpoint: stored.Endpoint };
    }
    return undefined;
}

/** Returns the engine that has the volume, and its endpoint if the docker CLI uses another engine. */
async function engineOf(
    volume: string,
    given: Partial<StateArguments>,
    user: RecordedUser | undefined,
): Promise<{ engine: Engine; endpoint: string | undefined }> {
    const { endpoint } = given;
    if (endpoint !== undefined || user === undefined)
        return { engine: await connectToPrevious(placeOf(volume, given)), endpoint };
    const current = await connectToPrevious(placeOf(volume, given)).catch(() => undefined);
    if (current !== undefined && recordEndpoint(current.endpoint) === user.endpoint)
        return { engine: current, endpoint: undefined };
    return { engine: await connect(await recordedEndpoint(user.endpoint)), endpoint: user.endpoint };
}
