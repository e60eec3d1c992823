/**
 * Pulumi resources for Docker buildx builders, their BuildKit state, and QEMU emulators for them.
 *
 * @packageDocumentation
 */
export { archiveState, type ArchiveStateArgs } from "./provider/archive/archiveState";
export { BuildKitStateArchive, type BuildKitStateArchiveArgs } from "./provider/archive/resource";
export type { ArchiveResult } from "./provider/archive/result";
export {
    type GetBuilderArgs,
    type GetBuilderOutputArgs,
    type GetBuilderResult,
    getBuilder,
    getBuilderOutput,
} from "./provider/builder/getBuilder";
export type { BuildkitdConfig } from "./provider/buildkit/config/types";
export type { GcRule } from "./provider/buildkit/gc";
export type { NodeOutputs, Status } from "./provider/builder/outputs";
export { BuildxBuilder, type BuildxBuilderArgs, type DriverOpts, type ImageArgs } from "./provider/builder/resource";
export { QemuEmulation, type QemuEmulationArgs } from "./provider/qemu/resource";
export { BuildKitPrune, type BuildKitPruneArgs } from "./provider/prune/resource";
export {
    type GetStateArgs,
    type GetStateOutputArgs,
    type GetStateResult,
    getState,
    getStateOutput,
} from "./provider/state/getState";
export { BuildKitState, type BuildKitStateArgs, type RestoreFromArgs } from "./provider/state/resource";
