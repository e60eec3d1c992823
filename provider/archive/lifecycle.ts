/** The life of an archive in the words of Pulumi's dynamic providers. */
import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import { volumeName } from "../buildx/names";
import { findEndpoint } from "../docker/endpoint";
import { connect, type Patience } from "../docker/engine";
import { patienceOf } from "../patience";
import type { ComparedArguments } from "../bridges/dynamic/replaceOnChanges";
import { fillIn, hasUnknown } from "../args/unknown";
import { checkArchive } from "./check";
import { type DesiredArchive, desireArchive } from "./desired";
import type { ArchiveInputs } from "./inputs";
import { locationOf } from "./location";
import { archiveInOwnProcess } from "./ownProcess";
import { planArchive } from "./plan";
import { reportingTo } from "./reporting";
import { findSource } from "./source";
import type { ArchiveResult } from "./result";

/** The state that is archived: its builder is stopped meanwhile. */
export const volumesOf = async (props: ArchiveInputs): Promise<string[]> => [volumeName(desireArchive(props).node)];

/** What Pulumi's state holds of an archive: its arguments and outputs. */
export interface ArchiveInState extends Omit<ArchiveInputs, "__urn" | "__mayBeStarting">, ArchiveResult {}

export const check = (_: unknown, news: ArchiveInputs): Promise<CheckResult<ArchiveInputs>> => checkArchive(news);

export async function diff(_id: string, olds: ArchiveInState, news: ArchiveInputs): Promise<DiffResult> {
    const { __urn: _, ...known } = fillIn(news, olds as Partial<ArchiveInputs>);
    const why = planArchive(desireArchive(known), desireArchive(olds));
    return { changes: hasUnknown(news) || why !== undefined };
}

export const comparedArguments = (olds: ArchiveInState, news: ArchiveInputs): ComparedArguments => ({
    before: argumentsInState(olds),
    after: news,
});

export async function create(inputs: ArchiveInputs): Promise<CreateResult<ArchiveInState>> {
    const desired = desireArchive(inputs);
    return { id: desired.node, outs: stateOf(inputs, await write(desired, inputs.__urn, patienceOf(inputs))) };
}

export async function update(
    _id: string,
    olds: ArchiveInState,
    news: ArchiveInputs,
): Promise<UpdateResult<ArchiveInState>> {
    const desired = desireArchive(news);
    const why = planArchive(desired, desireArchive(olds));
    return { outs: stateOf(news, why === undefined ? olds : await write(desired, news.__urn)) };
}

/** One that is gone, cut off or another by now is written again by the next `pulumi up`. */
export async function read(id: string, props: ArchiveInState): Promise<ReadResult<ArchiveInState>> {
    const found = await findSource(locationOf(props.to));
    if (found?.trailer.sha256 !== props.sha256) return { id: "", props: {} as ArchiveInState };
    return { id, props };
}

/** It is meant to outlive the stack. */
async function remove(): Promise<void> {}

export { remove as delete };

async function write(
    { endpoint, tls, ...request }: DesiredArchive,
    urn: string,
    patience?: Patience,
): Promise<ArchiveResult> {
    const reporting = reportingTo(urn);
    const engine = await connect(await findEndpoint(endpoint, tls), patience);
    try {
        return await archiveInOwnProcess(engine, request, reporting);
    } finally {
        reporting.report("");
    }
}

function stateOf({ __urn: _, __mayBeStarting: __, ...inputs }: ArchiveInputs, result: ArchiveResult): ArchiveInState {
    const { location, sha256, bytes, size, buildkitVersion, createdAt, stoppedFor } = result;
    return { ...inputs, location, sha256, bytes, size, buildkitVersion, createdAt, stoppedFor };
}

function argumentsInState(state: ArchiveInState): object {
    const outputs = ["location", "sha256", "bytes", "size", "buildkitVersion", "createdAt", "stoppedFor"];
    return Object.fromEntries(Object.entries(state).filter(([key]) => !outputs.includes(key)));
}
