/**
 * Pulumi resources for Docker buildx builders, their BuildKit state, and QEMU emulators for them.
 *
 * @packageDocumentation
 */
export { archiveState, type ArchiveStateArgs } from "./provider/transfer/archiveState";
export { BuildKitStateArchive, type BuildKitStateArchiveArgs } from "./provider/resources/archive/resource";
export type { ArchiveResult } from "./provider/transfer/result";
export {
    type GetBuilderArgs,
    type GetBuilderOutputArgs,
    type GetBuilderResult,
    getBuilder,
    getBuilderOutput,
} from "./provider/resources/getBuilder";
export type { BuildkitdConfig } from "./provider/buildkit/config/types";
export type { GcRule } from "./provider/buildkit/gc";
export type { NodeOutputs, Status } from "./provider/resources/builder/outputs";
export {
    BuildxBuilder,
    type BuildxBuilderArgs,
    type DriverOpts,
    type ImageArgs,
} from "./provider/resources/docker-container/resource";
export { QemuEmulation, type QemuEmulationArgs } from "./provider/resources/qemu/resource";
export { BuildKitPrune, type BuildKitPruneArgs } from "./provider/resources/prune/resource";
export {
    type GetStateArgs,
    type GetStateOutputArgs,
    type GetStateResult,
    getState,
    getStateOutput,
} from "./provider/resources/state/getState";
export { BuildKitState, type BuildKitStateArgs, type RestoreFromArgs } from "./provider/resources/state/resource";
