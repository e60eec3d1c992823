/** Every key of `buildkitd.toml` and the kind of its value (buildkit: `cmd/buildkitd/config/config.go`). */
import type * as cacheTypes from "./cacheTypes";
import { type Kind, listOf, named, oneOf, scalar, table } from "./kinds";
import type * as types from "./types";
import type * as values from "./values";
import type * as workerTypes from "./workerTypes";

const { yesOrNo, integer, text, texts, entitlements, size, bytes, duration, anyDuration } = scalar;
const { certificates, certificate, key, anything } = scalar;

const gcPolicy = table<workerTypes.GcPolicy>({
    all: yesOrNo,
    filters: texts,
    keepDuration: duration,
    keepBytes: size,
    reservedSpace: size,
    maxUsedSpace: size,
    minFreeSpace: size,
});

const worker = {
    enabled: yesOrNo,
    labels: named(text),
    platforms: texts,
    snapshotter: text,
    rootless: yesOrNo,
    "max-parallelism": integer,
    "apparmor-profile": text,
    selinux: yesOrNo,
    defaultCgroupParent: text,
    gc: yesOrNo,
    gckeepstorage: size,
    reservedSpace: size,
    maxUsedSpace: size,
    minFreeSpace: size,
    gcpolicy: listOf(gcPolicy),
    networkMode: oneOf("auto", "host", "cni", "bridge"),
    cniConfigPath: text,
    cniBinaryPath: text,
    cniPoolSize: integer,
    bridgeName: text,
    bridgeSubnet: text,
};

/** Fields of a signature's certificate (sigstore-go: `certificate.Summary`). */
const signer = {
    certificateIssuer: text,
    subjectAlternativeName: text,
    issuer: text,
    githubWorkflowTrigger: text,
    githubWorkflowSHA: text,
    githubWorkflowName: text,
    githubWorkflowRepository: text,
    githubWorkflowRef: text,
    buildSignerURI: text,
    buildSignerDigest: text,
    runnerEnvironment: text,
    sourceRepositoryURI: text,
    sourceRepositoryDigest: text,
    sourceRepositoryRef: text,
    sourceRepositoryIdentifier: text,
    sourceRepositoryOwnerURI: text,
    sourceRepositoryOwnerIdentifier: text,
    buildConfigURI: text,
    buildConfigDigest: text,
    buildTrigger: text,
    runInvocationURI: text,
    sourceRepositoryVisibilityAtSigning: text,
};

const gha = table<cacheTypes.GhaCacheConfig>({
    sign: table<cacheTypes.GhaSignConfig>({ command: texts }),
    verify: table<cacheTypes.GhaVerifyConfig>({
        required: yesOrNo,
        policy: table<cacheTypes.GhaVerifyPolicy>({ timestampThreshold: integer, tlogThreshold: integer, ...signer }),
    }),
});

export const configuration: Kind = table<types.BuildkitdConfig>({
    debug: yesOrNo,
    trace: yesOrNo,
    root: text,
    "insecure-entitlements": entitlements,
    proxyNetwork: yesOrNo,
    provenanceEnvDir: text,
    log: table<types.LogConfig>({
        format: oneOf("text", "json"),
        level: oneOf("trace", "debug", "info", "warn", "warning", "error", "fatal", "panic"),
    }),
    dns: table<types.DnsConfig>({ nameservers: texts, searchDomains: texts, options: texts }),
    registry: named(
        table<types.RegistryConfig>({
            mirrors: texts,
            http: yesOrNo,
            insecure: yesOrNo,
            ca: certificates,
            keypair: listOf(table<values.KeyPair>({ key, cert: certificate })),
            tlsconfigdir: texts,
        }),
    ),
    worker: table<workerTypes.WorkersConfig>({
        oci: table<workerTypes.OciWorkerConfig>({
            ...worker,
            noProcessSandbox: yesOrNo,
            binary: text,
            proxySnapshotterPath: text,
            userRemapUnsupported: text,
            stargzSnapshotter: anything,
        }),
        containerd: table<workerTypes.ContainerdWorkerConfig>({
            ...worker,
            address: text,
            namespace: text,
            runtime: table<workerTypes.ContainerdRuntime>({ name: text, path: text, options: anything }),
            hypervIsolation: yesOrNo,
        }),
    }),
    history: table<types.HistoryConfig>({ maxAge: duration, maxEntries: integer }),
    frontend: table<types.FrontendConfig>({
        "dockerfile.v0": table<types.DockerfileFrontendConfig>({ enabled: yesOrNo }),
        "gateway.v0": table<types.GatewayFrontendConfig>({ enabled: yesOrNo, allowedRepositories: texts }),
    }),
    system: table<types.SystemConfig>({
        platformsCacheMaxAge: duration,
        maxRegistryConcurrency: integer,
        sessionAuthTimeout: anyDuration,
    }),
    grpc: table<types.GrpcConfig>({
        address: texts,
        debugAddress: text,
        uid: integer,
        gid: integer,
        securityDescriptor: text,
        tls: table<types.GrpcTlsConfig>({ cert: text, key: text, ca: text }),
    }),
    otel: table<types.OtelConfig>({ socketPath: text }),
    cdi: table<types.CdiConfig>({ disabled: yesOrNo, specDirs: texts, autoAllowed: texts }),
    cache: table<cacheTypes.CacheConfig>({ gha }),
    compaction: table<types.CompactionConfig>({
        enabled: yesOrNo,
        idleTimeout: duration,
        maxRetry: integer,
        writesPerCheck: integer,
        sizeWatermark: bytes,
        sizeGrowthPercent: integer,
        minReclaimBytes: bytes,
        minReclaimPercent: integer,
        minReclaimPercentFloor: integer,
    }),
});
