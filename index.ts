/**
 * Docker buildx builders, their BuildKit state and QEMU emulators for them as Pulumi resources.
 *
 * @packageDocumentation
 */
export {
    type GetBuilderArgs,
    type GetBuilderOutputArgs,
    type GetBuilderResult,
    getBuilder,
    getBuilderOutput,
} from "./provider/builder/getBuilder";
export type { BuildkitdConfig } from "./provider/buildkit/config/types";
export type { NodeOutputs, Status } from "./provider/builder/outputs";
export { BuildxBuilder, type BuildxBuilderArgs, type DriverOpts, type ImageArgs } from "./provider/builder/resource";
export { QemuEmulation, type QemuEmulationArgs } from "./provider/qemu/resource";
export { BuildKitState, type BuildKitStateArgs } from "./provider/state/resource";
