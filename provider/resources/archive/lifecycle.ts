/** The lifecycle of a `BuildKitStateArchive`: check, diff, create, read, update, delete. */
import { fillIn } from "../../args/unknown";
import {
    type Call,
    type CheckedArguments,
    type ComparedArguments,
    type Created,
    type Difference,
} from "../../bridges/lifecycle";
import { volumeName } from "../../buildx/names";
import { findEndpoint } from "../../docker/endpoint/endpoint";
import { connect, type Patience } from "../../docker/engine/engine";
import { patienceOf } from "../patience";
import { checkArchive } from "./check";
import { type DesiredArchive, desiredArchive } from "./desired";
import type { ArchiveInputs } from "./inputs";
import { locationOf, formatLocation } from "../../transfer/location";
import { archiveInOwnProcess } from "../../transfer/ownProcess";
import { planArchive } from "./plan";
import { reportingTo } from "../../transfer/reporting";
import { findSource } from "../../transfer/source";
import type { ArchiveResult } from "../../transfer/result";

/** Returns the volume that is archived. Its builder is stopped during the copy. */
export const volumesOf = async (props: ArchiveInputs): Promise<string[]> => [volumeName(desiredArchive(props).node)];

/** An archive in Pulumi's state: its arguments and outputs. */
export interface SavedArchive extends ArchiveInputs, ArchiveResult {}

export const check = (_: Call, __: unknown, news: ArchiveInputs): Promise<CheckedArguments<ArchiveInputs>> =>
    checkArchive(news);

export async function diff(_: Call, __: string, olds: SavedArchive, news: ArchiveInputs): Promise<Difference> {
    const asked = fillIn(news, olds as Partial<ArchiveInputs>);
    const why = planArchive(desiredArchive(asked), desiredArchive(olds));
    return { changes: why === undefined ? [] : [{ why }] };
}

export const comparedArguments = (olds: SavedArchive, news: ArchiveInputs): ComparedArguments => ({
    before: argumentsInState(olds),
    after: news,
});

export async function create(call: Call, inputs: ArchiveInputs): Promise<Created<SavedArchive>> {
    const desired = desiredArchive(inputs);
    return { id: desired.node, saved: toSaved(inputs, await write(call, desired, patienceOf(call))) };
}

export async function update(call: Call, _: string, olds: SavedArchive, news: ArchiveInputs): Promise<SavedArchive> {
    const desired = desiredArchive(news);
    const why = planArchive(desired, desiredArchive(olds));
    return toSaved(news, why === undefined ? olds : await write(call, desired));
}

/** Reads an archive. If it was removed, truncated or overwritten, the next `pulumi up` writes it again. */
export async function read(call: Call, id: string, saved: Partial<SavedArchive>) {
    const props = saved as SavedArchive;
    const to = locationOf(props.to);
    try {
        const found = await findSource(to);
        return found?.trailer.sha256 === props.sha256 ? { id, saved: props } : undefined;
    } catch (error) {
        // If a registry does not answer, a refresh must still read all other resources.
        await call.warn(
            `${formatLocation(to)} cannot be read, and is assumed to be unchanged: ${(error as Error).message}`,
        );
        return { id, saved: props };
    }
}

/** Removes nothing: an archive is meant to outlive the stack. */
async function remove(): Promise<void> {}

export { remove as delete };
export { secretPaths } from "../../args/secrets";
export { outputs } from "./outputs";

async function write(
    call: Call,
    { endpoint, tls, ...request }: DesiredArchive,
    patience?: Patience,
): Promise<ArchiveResult> {
    const engine = await connect(await findEndpoint(endpoint, tls), patience);
    return archiveInOwnProcess(engine, request, reportingTo(call));
}

function toSaved(inputs: ArchiveInputs, result: ArchiveResult): SavedArchive {
    const { location, sha256, bytes, size, buildkitVersion, createdAt, stoppedFor } = result;
    return { ...inputs, location, sha256, bytes, size, buildkitVersion, createdAt, stoppedFor };
}

function argumentsInState(state: SavedArchive): object {
    const outputs = ["location", "sha256", "bytes", "size", "buildkitVersion", "createdAt", "stoppedFor"];
    return Object.fromEntries(Object.entries(state).filter(([key]) => !outputs.includes(key)));
}
