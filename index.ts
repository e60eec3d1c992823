/**
 * Docker buildx builders and their BuildKit state as Pulumi resources.
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
export { BuildKitState, type BuildKitStateArgs } from "./provider/state/resource";
