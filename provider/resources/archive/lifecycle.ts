/** The lifecycle of a `BuildKitStateArchive`: check, diff, create, read, update, delete. */
import { fillIn } from "../../args/unknown";
import type { Call, CheckedArguments, ComparedArguments, Created, Difference } from "../../bridges/lifecycle";
import { volumeName } from "../../buildx/names";
import { findEndpoint } from "../../docker/endpoint/endpoint";
import { connect, type Patience } from "../../docker/engine/engine";
import { formatLocation, locationOf } from "../../transfer/location";
import type { ArchiveResult } from "../../transfer/result";
import { reportingTo } from "../../transfer/reporting";
import { showWarnings } from "../check";
import { patienceOf } from "../patience";
import { differenceOf } from "../plan";
import { applyArchive } from "./apply";
import type { ArchiveArguments } from "./args";
import { checkArchive } from "./check";
import { type DesiredArchive, desiredArchive } from "./desired";
import { observeArchive } from "./observe";
import { planArchive } from "./plan";
import { archiveInState, previousOf, savedArguments, type SavedArchive, toSaved } from "./saved";

/** Returns the volume that is archived. Its builder is stopped during the copy. */
export const volumesOf = async (of: ArchiveArguments): Promise<string[]> => [volumeName(desiredArchive(of).node)];

export const check = async (
    call: Call,
    _: unknown,
    args: ArchiveArguments,
): Promise<CheckedArguments<ArchiveArguments>> => showWarnings(call, await checkArchive(args));

/** Compares with Pulumi's state only: an archive may be large, or in a registry that does not respond. */
export async function diff(_: Call, __: string, saved: SavedArchive, args: ArchiveArguments): Promise<Difference> {
    const desired = desiredArchive(fillIn(args, saved as Partial<ArchiveArguments>));
    return differenceOf(planArchive(desired, archiveInState(saved), previousOf(saved)));
}

export const comparedArguments = (saved: SavedArchive, args: ArchiveArguments): ComparedArguments => ({
    before: withLocation(savedArguments(saved)),
    after: withLocation(args),
});

/** Returns arguments with a path in `to` as an object, which is how the plugin receives it. */
const withLocation = (args: ArchiveArguments): ArchiveArguments => ({ ...args, to: locationOf(args.to) });

export async function create(call: Call, args: ArchiveArguments): Promise<Created<SavedArchive>> {
    const desired = desiredArchive(args);
    const plan = planArchive(desired, { sha256: undefined }, undefined);
    // The plan of a new archive always writes it.
    const written = await applyArchive(plan, () => engineOf(desired, patienceOf(call)), reportingTo(call));
    return { id: desired.node, saved: toSaved(args, written as ArchiveResult) };
}

export async function update(
    call: Call,
    _: string,
    saved: SavedArchive,
    args: ArchiveArguments,
): Promise<SavedArchive> {
    const desired = desiredArchive(args);
    const plan = planArchive(desired, archiveInState(saved), previousOf(saved));
    const written = await applyArchive(plan, () => engineOf(desired), reportingTo(call));
    return toSaved(args, written ?? saved);
}

/** Reads an archive. If it was removed, truncated or overwritten, the next `pulumi up` writes it again. */
export async function read(
    call: Call,
    id: string,
    props: Partial<SavedArchive>,
): Promise<Created<SavedArchive> | undefined> {
    const saved = props as SavedArchive;
    const previous = previousOf(saved);
    try {
        const { steps } = planArchive(previous.desired, await observeArchive(previous.desired), previous);
        return steps.length === 0 ? { id, saved } : undefined;
    } catch (error) {
        // If a registry does not answer, a refresh must still read all other resources.
        const location = formatLocation(previous.desired.to);
        await call.warn(`${location} cannot be read and is assumed to be unchanged: ${(error as Error).message}`);
        return { id, saved };
    }
}

/** Removes nothing: an archive is meant to outlive the stack. */
async function remove(): Promise<void> {}

export { remove as delete };
export { secretPaths } from "../../args/secrets";
export { outputs } from "./outputs";

const engineOf = async ({ endpoint, tls }: DesiredArchive, patience?: Patience) =>
    connect(await findEndpoint(endpoint, tls), patience);
