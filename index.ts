/**
 * Pulumi resources for Docker buildx builders, their BuildKit state, and QEMU emulators for them.
 *
 * @packageDocumentation
 */
export { archiveState, type ArchiveStateArgs } from "./provider/transfer/archiveState";
export type { Location, RestoreSource } from "./provider/transfer/location";
export { BuildKitStateArchive, type BuildKitStateArchiveArgs } from "./provider/resources/archive/resource";
export type { ArchiveResult } from "./provider/transfer/result";
export {
    type GetBuilderArgs,
    type GetBuilderOutputArgs,
    type GetBuilderResult,
    getBuilder,
    getBuilderOutput,
} from "./provider/resources/getBuilder";
export type {
    BuildkitdConfig,
    CdiConfig,
    CompactionConfig,
    DnsConfig,
    DockerfileFrontendConfig,
    FrontendConfig,
    GatewayFrontendConfig,
    GrpcConfig,
    GrpcTlsConfig,
    HistoryConfig,
    LogConfig,
    OtelConfig,
    RegistryConfig,
    SystemConfig,
} from "./provider/buildkit/config/types";
export type {
    CacheConfig,
    GhaCacheConfig,
    GhaSignConfig,
    GhaVerifyConfig,
    GhaVerifyPolicy,
} from "./provider/buildkit/config/cacheTypes";
export type { DiskSpace, Duration, KeyPair } from "./provider/buildkit/config/values";
export type {
    ContainerdRuntime,
    ContainerdWorkerConfig,
    GcPolicy,
    OciWorkerConfig,
    WorkersConfig,
} from "./provider/buildkit/config/workerTypes";
export type { GcRule } from "./provider/buildkit/gc";
export type { BuilderOutputs, NodeOutputs, Status } from "./provider/resources/builder/outputs";
export type { Dns } from "./provider/resources/docker-container/args";
export {
    BuildxBuilder,
    type BuildxBuilderArgs,
    type DriverOpts,
    type ImageArgs,
    type NodeArgs,
    type NodeOptions,
} from "./provider/resources/docker-container/resource";
export type {
    KubernetesClaim,
    KubernetesNodeArguments,
    KubernetesQemu,
    KubernetesResources,
    KubernetesToleration,
} from "./provider/resources/kubernetes/args";
export type {
    KubernetesBuilderOutputs,
    KubernetesNodeOutputs,
    KubernetesStatus,
} from "./provider/resources/kubernetes/outputs";
export {
    KubernetesBuilder,
    type KubernetesBuilderArgs,
    type KubernetesNodeArgs,
    type KubernetesNodeOptions,
} from "./provider/resources/kubernetes/resource";
export type { TlsArguments } from "./provider/docker/endpoint/tls";
export type { Inputs } from "./provider/program/inputs";
export type { RemoteTlsArguments } from "./provider/resources/remote/args";
export type { RemoteBuilderOutputs, RemoteNodeOutputs, RemoteStatus } from "./provider/resources/remote/outputs";
export {
    RemoteBuilder,
    type RemoteBuilderArgs,
    type RemoteNodeArgs,
    type RemoteNodeOptions,
} from "./provider/resources/remote/resource";
export { QemuEmulation, type QemuEmulationArgs } from "./provider/resources/qemu/resource";
export { BuildKitPrune, type BuildKitPruneArgs } from "./provider/resources/prune/resource";
export {
    type GetStateArgs,
    type GetStateOutputArgs,
    type GetStateResult,
    getState,
    getStateOutput,
} from "./provider/resources/state/getState";
export type { CacheUsage, StateUsage } from "./provider/resources/state/outputs";
export {
    BuildKitState,
    type BuildKitStateArgs,
    type RestoreFromArgs,
    type TlsArgs,
} from "./provider/resources/state/resource";
